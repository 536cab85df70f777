import type nodeFs from 'node:fs';
import { isAbsolute, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Runtime } from './runtime.ts';

type Fs = typeof nodeFs;
type Table = Record<string, unknown>;

/** Functions whose first argument is a path; each has its `Sync` twin and its promise where Node has one. */
const ONE_PATH = (
  'access appendFile chmod chown createReadStream createWriteStream exists lchmod lchown lutimes lstat mkdir mkdtemp ' +
  'open openAsBlob opendir readdir readFile readlink realpath rm rmdir stat statfs truncate unlink unwatchFile utimes ' +
  'watch watchFile writeFile'
).split(' ');
const TWO_PATHS = 'copyFile cp link rename'.split(' ');

/** Parts of the host that every container has. */
const SHARED = ['/dev', '/proc', '/sys'];

/**
 * Makes the functions of `fs` see the image's files as the root of the file system, with the pod's volumes in it.
 * Paths below the real root mean the same as those below `/`, since `__dirname` and the like give real ones.
 */
export function createFileSystemView(fs: Fs, runtime: Pick<Runtime, 'root' | 'mounts'>): void {
  const translate = createTranslation(runtime);
  const first = (args: unknown[]) => [translate(args[0]), ...args.slice(1)];
  const both = (args: unknown[]) => [translate(args[0]), translate(args[1]), ...args.slice(2)];
  const second = (args: unknown[]) => [args[0], translate(args[1]), ...args.slice(2)];
  const groups: [string[], (args: unknown[]) => unknown[]][] = [
    [ONE_PATH, first],
    [TWO_PATHS, both],
    [['symlink'], second],
  ];
  for (const [names, change] of groups) {
    for (const name of names) {
      wrap(fs, name, change);
      wrap(fs, `${name}Sync`, change);
      wrap(fs.promises, name, change);
    }
  }
}

function wrap(table: Table, name: string, change: (args: unknown[]) => unknown[]): void {
  const original = table[name];
  if (typeof original !== 'function') return;
  const call = original as (...args: unknown[]) => unknown;
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    return call.apply(this, change(args));
  };
  // `realpath.native` and the promisified forms stay.
  Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
  table[name] = wrapped;
}

/** The real path for what a program gives as a path; descriptors and other things stay as they are. */
export function createTranslation({
  root,
  mounts,
}: Pick<Runtime, 'root' | 'mounts'>): (path: unknown) => unknown {
  const longestFirst = mounts.toSorted(([a], [b]) => b.length - a.length);
  const within = (folder: string, path: string) => path === folder || path.startsWith(`${folder}/`);

  const translatePath = (path: string): string => {
    const absolute = isAbsolute(path) ? normalize(path) : resolve(path);
    const trailing = absolute.length > 1 && absolute.endsWith('/') ? absolute.slice(0, -1) : absolute;
    if (mounts.some(([, real]) => within(real, trailing))) return path;
    const inside = within(root, trailing) ? trailing.slice(root.length) || '/' : trailing;
    for (const [mountPath, real] of longestFirst) {
      if (within(mountPath, inside)) return join(real, inside.slice(mountPath.length));
    }
    if (within(root, trailing)) return path;
    return SHARED.some((folder) => within(folder, inside)) ? path : join(root, inside);
  };

  return (path) => {
    if (typeof path === 'string') return translatePath(path);
    if (path instanceof URL && path.protocol === 'file:') return translatePath(fileURLToPath(path));
    if (Buffer.isBuffer(path)) return translatePath(path.toString());
    return path;
  };
}

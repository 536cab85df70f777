/** The files of the build: the context folder, .dockerignore, and the patterns of both. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { BuildError } from './dockerfile.mjs';

/** Turns a pattern of COPY or .dockerignore into a regular expression: `*`, `?`, `[a-z]`, and `**` across folders. */
export function globToRegExp(pattern, suffix = '') {
  const source = pattern.replace(/\*\*\/?|\*|\?|\[!?[^\]]+\]|\\.|[^]/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.length > 2 && token.startsWith('['))
      return token.replace(/^\[[!^]/, '[^').replaceAll('\\', '\\\\');
    return (token.length === 2 ? token[1] : token).replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
  });
  return new RegExp(`^${source}${suffix}$`, 'u');
}

/** Reads the rules of a .dockerignore; the last one that matches a path, or a folder above it, decides. */
export function parseIgnore(source) {
  const rules = source.split(/\r?\n/).flatMap((whole) => {
    const text = whole.trim();
    if (text === '' || text.startsWith('#')) return [];
    const keep = text.startsWith('!');
    const pattern = path.posix.normalize(keep ? text.slice(1).trim() : text).replace(/^\/+|\/+$/g, '');
    return [{ keep, expression: globToRegExp(pattern, '(?:/.*)?') }];
  });
  const ignores = (file) => rules.findLast(({ expression }) => expression.test(file))?.keep === false;
  // A folder need not be entered when nothing in it can be brought back.
  return { ignores, prunes: (folder) => ignores(folder) && !rules.some(({ keep }) => keep) };
}

/** The build context: a folder of which COPY takes files, without what .dockerignore names, and nothing outside it. */
export function openContext(folder, ignoreSource) {
  const root = realpathSync(folder);
  const { ignores, prunes } = parseIgnore(ignoreSource);

  function* walk(relative) {
    for (const entry of readdirSync(path.join(root, relative), { withFileTypes: true })) {
      const file = path.posix.join(relative, entry.name);
      if (entry.isDirectory() && prunes(file)) continue;
      if (!ignores(file)) yield file;
      if (entry.isDirectory()) yield* walk(file);
    }
  }

  /** The entries of one COPY source: `[{ to, type, mode, content | target }]`, `to` being relative to the destination. */
  function find(source, line) {
    const inside = path.posix.normalize(`/${source}`).slice(1).replace(/\/$/, '') || '.';
    if (path.posix.normalize(source).startsWith('..'))
      throw new BuildError(`COPY of ${source}: outside the context`, line);
    const parts = inside.split('/');
    const globAt = parts.findIndex((part) => /[*?[]/.test(part));
    const base = globAt < 0 ? inside : parts.slice(0, globAt).join('/') || '.';
    const expression = globToRegExp(inside);
    let real;
    try {
      real = realpathSync(path.join(root, base));
    } catch {
      throw new BuildError(`COPY of ${source}: there is no such file in the context`, line);
    }
    if (real !== root && !real.startsWith(root + path.sep)) {
      throw new BuildError(`COPY of ${source}: the link leads outside the context`, line);
    }
    const matches = globAt < 0 ? [base] : [...walk(base)].filter((file) => expression.test(file));
    const found = matches.filter(
      (file) => file === '.' || !ignores(file) || statSync(path.join(root, file)).isDirectory(),
    );
    if (found.length === 0)
      throw new BuildError(`COPY of ${source}: no such file, or .dockerignore leaves it out`, line);
    return found.flatMap((file) => {
      // A source that is a link is followed; links inside of folders stay links.
      const followed = realpathSync(path.join(root, file));
      if (followed !== root && !followed.startsWith(root + path.sep)) {
        throw new BuildError(`COPY of ${file}: the link leads outside the context`, line);
      }
      const target = path.relative(root, followed).split(path.sep).join('/') || '.';
      if (!statSync(followed).isDirectory())
        return [{ ...entryOf(target), to: path.posix.basename(file), single: true }];
      return [...walk(target)].map((each) => ({ ...entryOf(each), to: path.posix.relative(target, each) }));
    });
  }

  /** Modes are reduced to what git keeps, so that the umask of a machine does not change the digest. */
  function entryOf(relative) {
    const file = path.join(root, relative);
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) return { type: 'link', mode: 0o777, target: readlinkSync(file) };
    if (stat.isDirectory()) return { type: 'folder', mode: 0o755 };
    if (!stat.isFile()) throw new BuildError(`${relative} is neither a file nor a folder`);
    return { type: 'file', mode: stat.mode & 0o100 ? 0o755 : 0o644, content: readFileSync(file) };
  }

  return { find };
}

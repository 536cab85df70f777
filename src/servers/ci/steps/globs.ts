import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** What Ant leaves out unless told otherwise. */
const DEFAULT_EXCLUDES = [
  '**/.git/**',
  '**/.svn/**',
  '**/.hg/**',
  '**/.DS_Store',
  '**/*~',
  '**/#*#',
  '**/.#*',
];

/** The files below a folder that match Ant patterns (comma-separated), as sorted relative paths. Links are not followed. */
export async function findFiles(
  folder: string,
  includes: string,
  excludes = '',
  defaultExcludes = true,
): Promise<string[]> {
  const wanted = patterns(includes === '' ? '**' : includes);
  const unwanted = [...patterns(excludes), ...(defaultExcludes ? DEFAULT_EXCLUDES.map(antPattern) : [])];
  const skipGit = defaultExcludes || !includes.includes('.git');
  const files: string[] = [];
  const walk = async (way: string): Promise<void> => {
    for (const entry of await readdir(join(folder, way), { withFileTypes: true })) {
      const path = posix.join(way, entry.name);
      if (entry.isDirectory()) {
        if (!(skipGit && entry.name === '.git')) await walk(path);
      } else if (
        wanted.some((pattern) => pattern.test(path)) &&
        !unwanted.some((pattern) => pattern.test(path))
      ) {
        files.push(path);
      }
    }
  };
  await walk('');
  return files.sort();
}

function patterns(list: string): RegExp[] {
  return list
    .split(/[,\n]/)
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '')
    .map(antPattern);
}

/** One Ant pattern: `?`, `*`, and `**` for any number of folders; a slash at its end means all below. */
function antPattern(pattern: string): RegExp {
  const whole = pattern.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/$/, '/**');
  const parts = whole.split('/');
  let source = '';
  parts.forEach((part, index) => {
    const last = index === parts.length - 1;
    if (part === '**') source += last ? '.*' : '(?:[^/]+/)*';
    else
      source +=
        part
          .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '[^/]*')
          .replaceAll('?', '[^/]') + (last ? '' : '/');
  });
  return new RegExp(`^${source}$`);
}

import { invalid } from '../errors.ts';

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9]|[._-](?=[A-Za-z0-9]))*$/;
const REPOSITORY = /^[A-Za-z0-9_.-]+$/;
/** Owners whose pages would hide behind a path of the server's own. */
const RESERVED = new Set([
  'api',
  'user',
  'users',
  'repos',
  'orgs',
  'org',
  'admin',
  'assets',
  'explore',
  'login',
]);

/** @throws GitServerError 422 when this cannot be the name of a user or an organization. */
export function checkOwnerName(name: string): void {
  if (!NAME.test(name) || name.length > 40) {
    throw invalid(
      `name is invalid [${name.slice(0, 60)}]: use at most 40 letters, digits, "-", "_" and ".", no two signs in a row`,
    );
  }
  if (RESERVED.has(name.toLowerCase())) throw invalid(`name is reserved [name: ${name}]`);
}

/** @throws GitServerError 422 when this cannot be the name of a repository. */
export function checkRepositoryName(name: string): void {
  if (!REPOSITORY.test(name) || name.length > 100 || /^\.+$/.test(name)) {
    throw invalid(
      `name is invalid [${name.slice(0, 120)}]: use at most 100 letters, digits, "-", "_" and "."`,
    );
  }
  if (/\.(git|wiki|rss|atom)$/i.test(name)) throw invalid(`name is reserved [name: ${name}]`);
}

/** Whether git would accept this as the part of a reference behind `refs/heads/` (git-check-ref-format). */
export function isRefName(name: string): boolean {
  return (
    name !== '' &&
    name !== '@' &&
    name.length <= 240 &&
    !name.startsWith('-') &&
    !name.endsWith('.') &&
    !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\//.test(name) &&
    name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))
  );
}

/** @throws GitServerError 422 when this cannot be the name of a branch or tag. */
export function checkRefName(name: string): void {
  if (!isRefName(name)) throw invalid(`"${name.slice(0, 120)}" is not a valid name for a branch or tag`);
}

/**
 * The path of a file inside a repository, without slashes around it.
 * @throws GitServerError 422 when it leaves the tree or touches `.git`.
 */
export function checkTreePath(path: string): string {
  const clean = path.replaceAll(/^\/+|\/+$/g, '');
  const wrong = clean
    .split('/')
    .some(
      (part) => ['', '.', '..', '.git'].includes(part.toLowerCase()) || /[\u0000-\u001f\u007f]/.test(part),
    );
  if (wrong || clean.length > 1000)
    throw invalid(`path contains a malformed path component [path: ${path.slice(0, 200)}]`);
  return clean;
}

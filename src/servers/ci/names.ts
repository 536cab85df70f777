import { createHash } from 'node:crypto';
import { encodeBranch } from '../../clients/jenkins.ts';
import { JenkinsError } from './errors.ts';

export { encodeBranch };

/**
 * The rules of Jenkins for the name of an item.
 * @throws JenkinsError 400.
 */
export function checkName(name: string): string {
  if (name.trim() === '' || name !== name.trim()) throw new JenkinsError(400, 'No name is specified');
  if (name === '.' || name === '..' || name.endsWith('.'))
    throw new JenkinsError(400, `“${name}” is not an allowed name`);
  const unsafe = /[?*/\\%!@#$^&|<>[\]:;\p{Cc}]/u.exec(name)?.[0];
  if (unsafe !== undefined) throw new JenkinsError(400, `‘${unsafe}’ is an unsafe character`);
  if (name.length > 200) throw new JenkinsError(400, 'the name is longer than 200 characters');
  return name;
}

/** The full name of a branch's job. */
export function branchFullName(multibranch: string, head: string): string {
  // A folder on disk is named like it: the longest branch names are shortened, and stay distinct.
  const encoded = encodeBranch(head);
  const name = encoded.length <= 200 ? encoded : `${encoded.slice(0, 180)}-${shortHash(encoded)}`;
  return `${multibranch}/${/^\.+$/.test(name) ? name.replaceAll('.', '%2E') : name}`;
}

/** The path of an item in URLs: `/job/storefront/job/feature%252Fx/`. */
export function itemPath(fullName: string): string {
  return `${fullName
    .split('/')
    .map((name) => `/job/${encodeURIComponent(name)}`)
    .join('')}/`;
}

/** The name of a workspace folder: `storefront_main`. */
export function workspaceName(fullName: string): string {
  const plain = fullName.replaceAll('/', '_');
  const safe = plain.replaceAll(/[^\w.-]/g, '-').slice(0, 80);
  return safe === plain ? safe : `${safe}-${shortHash(fullName)}`;
}

/** The name of the last part of a full name, as people write it: `feature/x`. */
export function shortName(fullName: string): string {
  const last = fullName.split('/').at(-1) ?? fullName;
  return decodeName(last);
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

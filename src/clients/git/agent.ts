import { packageVersion } from '../../lib/package.ts';

/**
 * The User-Agent of requests of the smart HTTP protocol. It begins as git's own: by that SCM-Manager tells them from a browser's at
 * the same address, which gets a page.
 */
export function gitAgent(): string {
  return `git/gitops-playground/${packageVersion()}`;
}

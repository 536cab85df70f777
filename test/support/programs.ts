import { execaSync } from 'execa';

/** Whether a program can be run here; tests that need one are skipped with this as their reason. */
export function isInstalled(program: string, ...args: string[]): boolean {
  const { failed, code } = execaSync(program, args, { reject: false });
  return !failed || code !== 'ENOENT';
}

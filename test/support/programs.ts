import { delimiter } from 'node:path';
import { execaSync } from 'execa';

/**
 * The kubectl that tests use: that of the PATH, or the one that KUBECTL names. Every version asks differently, so that
 * KUBECTLS may name further ones (separated as in PATH) for the tests that compare them.
 */
export const kubectlProgram = process.env.KUBECTL ?? 'kubectl';
export const kubectlPrograms = [
  kubectlProgram,
  ...(process.env.KUBECTLS ?? '').split(delimiter).filter((program) => program !== ''),
];
/** The helm of the PATH, or the one that HELM names. */
export const helmProgram = process.env.HELM ?? 'helm';

/** Whether a program can be run here; tests that need one are skipped with this as their reason. */
export function isInstalled(program: string, ...args: string[]): boolean {
  const { failed, code } = execaSync(program, args, { reject: false });
  return !failed || code !== 'ENOENT';
}

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/lib/package.ts';

/**
 * A copy of the built program that takes other content for what is pinned: what publishers have made is not at hand in tests, and
 * nothing else has their sums.
 * @param sums what to expect, by the SHA-256 that is pinned.
 * @returns the program, for a `Cli`
 */
export function repinnedProgram(folder: string, sums: ReadonlyMap<string, string>): string {
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(packageRoot, name), join(folder, name), { recursive: true });
  const file = join(folder, 'dist', 'cli.cjs');
  let bundle = readFileSync(file, 'utf8');
  for (const [pinned, expected] of sums) {
    if (!bundle.includes(pinned)) throw new Error(`the program pins no ${pinned}`);
    bundle = bundle.replaceAll(pinned, expected);
  }
  writeFileSync(file, bundle);
  return join(folder, 'bin', 'gitops-playground.cjs');
}

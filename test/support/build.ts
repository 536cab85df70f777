import { execa } from 'execa';
import { packageRoot } from '../../src/lib/package.ts';

/** Builds once before any test: the end-to-end tests run the bundles, and servers read generated files. */
export default async function build(): Promise<void> {
  await execa(process.execPath, ['scripts/build.js'], { cwd: packageRoot });
}

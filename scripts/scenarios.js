/**
 * Runs the scenario suite on an engine: `npm run test:scenarios -- --engine k3d`. Whatever else is given goes to vitest. A test
 * that an engine cannot run is skipped with its reason in its name.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const words = process.argv.slice(2);
const engines = ['embedded', 'k3d', 'kubernetes'];
const place = words.indexOf('--engine');
const [, engine = 'embedded'] = place < 0 ? [] : words.splice(place, 2);
if (!engines.includes(engine)) {
  process.stderr.write(`error: "${engine}" is no engine; choose one of ${engines.join(', ')}\n`);
  process.exit(2);
}
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/scenarios', 'test/e2e', ...words], {
  stdio: 'inherit',
  // Pods take minutes where processes take seconds.
  env: { ...process.env, PLAYGROUND_ENGINE: engine, PLAYGROUND_PATIENCE: engine === 'embedded' ? '1' : '20' },
});
process.exit(status ?? 1);

import { execa } from 'execa';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchDetached, startDetached } from '../../../src/lib/detached.ts';
import { packageRoot } from '../../../src/lib/package.ts';
import { endProcess } from '../../../src/lib/processes.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/leftovers.ts';

let folder: string;

/** Starts when it is told to, writes that down, and stays; or fails as its argument says. */
const program = `
  import { appendFileSync } from 'node:fs';
  import { tellStarter, toldToBegin } from './src/lib/detached.ts';
  const [, , log, how] = process.argv;
  if (how === 'ends') process.exit(3);
  await toldToBegin();
  appendFileSync(log, 'began ' + process.pid);
  if (how === 'fails') tellStarter({ type: 'failed', code: 'no-luck', message: 'no luck', hint: 'try again' });
  else tellStarter({ type: 'ready' });
  setInterval(() => undefined, 1000);`;

/** A command that ends before it has given the word, or after. */
const starter = `
  import { launchDetached } from './src/lib/detached.ts';
  const [, , program, folder, begin] = process.argv;
  const waiting = launchDetached({ args: [program, folder + '/began'], cwd: folder, env: {}, logFile: folder + '/log' });
  if (begin === 'begin') await waiting.begin(new AbortController().signal);`;

async function bundle(contents: string, name: string): Promise<string> {
  const outfile = join(folder, name);
  const stdin = { contents, resolveDir: packageRoot, loader: 'ts' as const };
  const banner = {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  };
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile, banner });
  return outfile;
}

let detached: string;
let command: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'detached-'));
  detached = await bundle(program, 'program.mjs');
  command = await bundle(starter, 'starter.mjs');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const launch = (...args: string[]) => ({
  args: [detached, join(folder, 'began-here'), ...args],
  cwd: folder,
  env: {},
  logFile: join(folder, 'log'),
});

test('a process that waits goes with the command that never gave it the word', async () => {
  await execa(process.execPath, [command, detached, folder]);
  await eventually(
    'nothing left',
    () => processesOf(detached),
    (left) => left.length === 0,
  );
  await expect(readFile(join(folder, 'began'))).rejects.toThrow('ENOENT');
});

test('a process that was told to begin outlives the command', async () => {
  await execa(process.execPath, [command, detached, folder, 'begin']);
  const [, pid] = (await readFile(join(folder, 'began'), 'utf8')).split(' ');
  expect(processesOf(detached)).toHaveLength(1);
  await endProcess(Number(pid), 5000);
});

test('what goes wrong is told where the word is given, and nothing is left', async () => {
  const { signal } = new AbortController();
  await expect(startDetached(launch('fails'), signal)).rejects.toMatchObject({
    code: 'no-luck',
    hint: 'try again',
  });
  const waiting = launchDetached(launch('ends'));
  await eventually(
    'its end',
    () => processesOf(detached),
    (left) => left.length === 0,
  );
  await expect(waiting.begin(signal)).rejects.toMatchObject({
    code: 'daemon-ended',
    message: expect.stringContaining('exit code 3'),
    hint: expect.stringContaining('log'),
  });
  expect(processesOf(detached)).toEqual([]);
});

test('an interruption ends it', async () => {
  const reason = new Error('interrupted');
  await expect(startDetached(launch(), AbortSignal.abort(reason))).rejects.toBe(reason);
  await eventually(
    'nothing left',
    () => processesOf(detached),
    (left) => left.length === 0,
  );
});

test('one that is not needed after all is ended', async () => {
  await launchDetached(launch()).dismiss();
  await eventually(
    'nothing left',
    () => processesOf(detached),
    (left) => left.length === 0,
  );
});

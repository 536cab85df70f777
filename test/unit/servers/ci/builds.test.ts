import { eventually } from '../../../support/eventually.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build as bundle } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { branchJob, createJenkins, multibranchConfig } from '../../../../src/clients/jenkins.ts';
import { packageRoot } from '../../../../src/lib/package.ts';
import {
  calls,
  developer,
  finished,
  logged,
  pipelineConfig,
  Repository,
  startFixture,
} from './support/fixture.ts';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is nobody's process any more, only its parent's business.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const pidsIn = (log: string) => [...log.matchAll(/^pid (\d+)$/gm)].map(([, pid]) => Number(pid));

describe('builds', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>;

  beforeEach(async () => {
    fixture = await startFixture();
  });
  afterEach(async () => {
    await fixture.close();
  });

  test('stopping a build ends its whole process tree, also what does not want to', async () => {
    const { jenkins } = fixture;
    const script = `(trap '' TERM; sh -c 'echo pid $$; sleep 60') & setsid sh -c 'echo pid $$; exec sleep 60' & echo pid $$; sleep 60`;
    await jenkins.createJob('slow', pipelineConfig(calls(['sh', { script }])));
    await jenkins.trigger(['slow']);
    const log = await logged(jenkins, ['slow'], 1, /(pid \d+\n[^]*){3}/);
    await jenkins.stop(['slow'], 1);
    const build = await finished(jenkins, ['slow']);
    expect(build.result).toBe('ABORTED');
    expect(await jenkins.console(['slow'], 1)).toContain('Aborted by developer');
    for (const pid of pidsIn(log)) await expect.poll(() => alive(pid), { timeout: 8000 }).toBe(false);
  });

  test('what a script leaves in the background does not hold the build, and ends with it', async () => {
    const { jenkins } = fixture;
    await jenkins.createJob('leaves', pipelineConfig(calls(['sh', { script: 'sleep 60 & echo pid $!' }])));
    await jenkins.trigger(['leaves']);
    const build = await finished(jenkins, ['leaves']);
    expect(build.result).toBe('SUCCESS');
    expect(build.duration).toBeLessThan(5000);
    const [pid] = pidsIn(await jenkins.console(['leaves'], 1));
    await expect.poll(() => alive(pid ?? 0), { timeout: 8000 }).toBe(false);
  });

  test('more builds than executors wait for one, and get workspaces of their own', async () => {
    const { jenkins, folder } = fixture;
    const gate = join(folder, 'gate');
    await jenkins.createJob(
      'wide',
      pipelineConfig(calls(['sh', { script: `pwd; until test -e ${gate}; do sleep 0.02; done` }])),
    );
    for (let n = 0; n < 3; n += 1) {
      await jenkins.trigger(['wide']);
      await logged(jenkins, ['wide'], n + 1, n < 2 ? /wide/ : /Waiting for next available executor/);
    }
    expect(await jenkins.console(['wide'], 2)).toContain('workspace/wide@2\n');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(gate, '');
    await eventually(
      'all three builds to succeed',
      async () => (await jenkins.builds(['wide']))?.map(({ result }) => result),
      (results) => results?.length === 3 && results.every((result) => result === 'SUCCESS'),
    );
  });

  test('a restart keeps jobs, builds, logs, numbers and credentials', async () => {
    await fixture.jenkins.createJob('kept', pipelineConfig(calls(['sh', { script: 'echo hello' }])));
    await fixture.jenkins.ensureCredential({ kind: 'string', id: 'token', secret: 'x' });
    await fixture.jenkins.trigger(['kept']);
    const before = await finished(fixture.jenkins, ['kept']);
    await fixture.restart();
    const after = await fixture.jenkins.build(['kept'], 1);
    expect({ ...after, url: '' }).toEqual({ ...before, url: '' });
    expect(await fixture.jenkins.console(['kept'], 1)).toContain('hello');
    expect(await fixture.jenkins.hasCredential('token')).toBe(true);
    await fixture.jenkins.trigger(['kept']);
    expect((await finished(fixture.jenkins, ['kept'], 2)).number).toBe(2);
  });

  test('the oldest builds are forgotten as the pipeline asks', async () => {
    const discarding = await startFixture({
      runPipeline: async (_script, host) => {
        host.onProperties({
          buildDiscarder: { $class: 'logRotator', numToKeepStr: '2' },
          parameters: [{ $class: 'string', name: 'COLOUR', defaultValue: 'green' }],
        });
        return { result: 'SUCCESS' };
      },
    });
    const { jenkins } = discarding;
    await jenkins.createJob('many', pipelineConfig(''));
    for (let n = 1; n <= 4; n += 1) {
      await jenkins.trigger(['many'], n === 4 ? { COLOUR: 'blue', UNKNOWN: 'x' } : undefined);
      await finished(jenkins, ['many'], n);
    }
    await expect
      .poll(async () => (await jenkins.builds(['many']))?.map(({ number }) => number))
      .toEqual([4, 3]);
    expect((await jenkins.build(['many'], 4))?.parameters).toEqual({ COLOUR: 'blue' });
    await discarding.close();
  });
});

describe('a server that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ci-kill-'));
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('loses nothing: the build is marked, its processes end, its head is built again, the queue is there', async () => {
    // Below the package, whose version the program looks up.
    const program = join(packageRoot, '.cache', `ci-server-${process.pid}.mjs`);
    await bundle({
      entryPoints: [join(import.meta.dirname, 'support', 'program.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      logLevel: 'silent',
    });
    const start = async () => {
      const child = spawn(process.execPath, [program, join(folder, 'ci')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
      return { child, jenkins: createJenkins({ url: chunk.toString().trim(), ...developer }) };
    };
    const app = new Repository(folder, 'app');
    const marker = join(folder, 'second');
    const revision = app.commit({
      Jenkinsfile: calls([
        'sh',
        { script: `echo pid $$; test -e ${marker} || { touch ${marker}; sleep 60; }` },
      ]),
    });
    const main = branchJob('app', 'main');
    const first = await start();
    await first.jenkins.createJob('app', multibranchConfig({ source: { remote: app.remote } }));
    const log = await logged(first.jenkins, main, 1, /pid \d+\n[^]*sleep/);
    const ended = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await ended;
    const [pid] = pidsIn(log);
    expect(alive(pid ?? 0)).toBe(true);

    const second = await start();
    try {
      const rebuilt = await finished(second.jenkins, main, 2);
      expect(rebuilt).toMatchObject({ number: 2, result: 'SUCCESS' });
      expect(rebuilt.causes[0]).toContain('Build #1 was interrupted');
      expect((await second.jenkins.build(main, 1))?.result).toBe('ABORTED');
      const marked = await second.jenkins.console(main, 1);
      expect(marked).toContain('The CI server was ended while this build was running');
      expect(marked.startsWith(log)).toBe(true);
      expect(alive(pid ?? 0)).toBe(false);
      expect(await second.jenkins.console(main, 2)).toContain(revision);
    } finally {
      const over = once(second.child, 'exit');
      second.child.kill('SIGTERM');
      await over;
      rmSync(program, { force: true });
    }
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PlaygroundStatus } from '../../src/flow/status.ts';
import { createGitea } from '../../src/clients/gitea.ts';
import { eventually } from '../support/eventually.ts';
import { processesOf } from '../support/leftovers.ts';
import { scenarioLimits } from '../support/patience.ts';
import { Cli, onPods } from '../support/playground.ts';
import { versionAt } from '../support/version-at.ts';

vi.setConfig(scenarioLimits);

/** How a playground lives: beside others, through kills and interruptions, until it is taken away. */
describe('the life of a playground', () => {
  let cli: Cli;
  let first: PlaygroundStatus;

  const daemonPid = (name: string) =>
    (JSON.parse(readFileSync(join(cli.home, 'playgrounds', name, 'daemon.json'), 'utf8')) as { pid: number })
      .pid;
  const answers = (status: PlaygroundStatus) =>
    Promise.all(status.applications.map(async ({ url }) => (await versionAt(url)).revision));

  beforeAll(async () => {
    cli = new Cli();
    first = await cli.json<PlaygroundStatus>('up');
  });
  afterAll(() => cli.dispose());

  test('up on a running playground changes nothing', async () => {
    const pid = onPods ? 0 : daemonPid('default');
    const again = await cli.json<PlaygroundStatus>('up');
    const { durations: _first, ...before } = first as PlaygroundStatus & { durations: unknown };
    const { durations: _again, ...after } = again as PlaygroundStatus & { durations: unknown };
    expect(after).toEqual(before);
    if (!onPods) expect(daemonPid('default')).toBe(pid);
  });

  test('a second one runs beside it on its own ports', async () => {
    const second = await cli.json<PlaygroundStatus>('up', '--name', 'second');
    expect(second.phase).toBe('ready');
    expect(second.endpoints.git.url).not.toBe(first.endpoints.git.url);
    expect(second.endpoints.git.password).not.toBe(first.endpoints.git.password);
    expect(await answers(first)).toEqual(first.applications.map(({ revision }) => revision));
    expect((await cli.run('down', '--name', 'second', '--yes')).exitCode).toBe(0);
    expect((await cli.status()).phase).toBe('ready');
  });

  test.skipIf(onPods)(
    'up after kill -9 goes on with nothing lost, at the same addresses (skipped where the parts are pods: no process of ours runs them)',
    async () => {
      const git = createGitea({ url: first.endpoints.git.url, auth: first.endpoints.git });
      await git
        .createFile('playground', 'storefront', 'note.txt', 'kept', {
          message: 'Keep a note',
          branch: 'side',
        })
        .catch(() => undefined);
      await git.createFile('playground', 'gitops', 'note.txt', 'kept', { message: 'Keep a note' });
      process.kill(daemonPid('default'), 'SIGKILL');
      await eventually(
        'the children to end',
        () => processesOf(cli.home),
        (found) => found.length === 0,
      );
      expect((await cli.run('status')).exitCode).toBe(1);
      const resumed = await cli.json<PlaygroundStatus>('up');
      expect(resumed.endpoints).toEqual(first.endpoints);
      expect(resumed.phase).toBe('ready');
      expect(await answers(resumed)).toEqual(await answers(first));
      expect((await git.readFile('playground', 'gitops', 'note.txt')).toString()).toBe('kept');
    },
  );

  test('reset may be interrupted at any moment, and repeated', async () => {
    for (const delay of [50, 150, 300]) {
      const reset = cli.start(['reset', '--yes']);
      setTimeout(() => reset.kill('SIGINT'), delay);
      const { exitCode, signal } = await reset;
      // Before its first line has run, Node itself ends at the signal; nothing has begun then.
      if (signal === undefined) expect([0, 130]).toContain(exitCode);
    }
    for (const _time of [1, 2]) {
      const after = await cli.json<PlaygroundStatus>('reset', '--yes');
      expect(after.phase).toBe('ready');
      expect(await answers(after)).toEqual(first.applications.map(({ revision }) => revision));
    }
  });

  test('up can be interrupted at any moment and goes on later', async () => {
    for (const delay of [100, 300, 700, 1200]) {
      const up = cli.start(['up', '--name', 'interrupted']);
      setTimeout(() => up.kill('SIGINT'), delay);
      const { exitCode, signal, stderr } = await up;
      if (signal === undefined) expect([0, 130]).toContain(exitCode);
      if (exitCode === 130) expect(stderr).toMatch(/go(es)? on from here/);
    }
    expect((await cli.json<PlaygroundStatus>('up', '--name', 'interrupted')).phase).toBe('ready');
    expect((await cli.run('down', '--name', 'interrupted', '--yes')).exitCode).toBe(0);
  });

  test('a second up at the same time is told to wait', async () => {
    const both = await Promise.all([cli.run('up', '--name', 'twice'), cli.run('up', '--name', 'twice')]);
    // The one that came second waited for its turn, or was sent away with a hint.
    for (const { exitCode, stderr } of both) {
      if (exitCode !== 0) expect(stderr).toContain('another command is changing the playground "twice"');
    }
    expect(both.some(({ exitCode }) => exitCode === 0)).toBe(true);
    expect((await cli.run('down', '--name', 'twice', '--yes')).exitCode).toBe(0);
  });

  test('settings that the content is made of cannot change later', async () => {
    const { exitCode, stderr } = await cli.run('up', '--port', '9990');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('was made with another port');
  });

  test('env, credentials, open, logs and completion serve scripts', async () => {
    expect((await cli.run('env')).stdout).toContain(
      `export KUBECONFIG='${first.endpoints.kubernetes.kubeconfig}'`,
    );
    expect(await cli.json('credentials')).toEqual(first.endpoints);
    expect((await cli.run('open', 'staging')).stdout.trim()).toBe(first.applications[0]?.url);
    expect((await cli.run('logs', 'git')).stdout).toMatch(onPods ? / gitea-\S+: / : / git: /);
    expect((await cli.run('logs', 'gti')).exitCode).toBe(2);
    expect((await cli.run('completion', 'bash')).stdout).toContain('gitops-playground');
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/engines/engine.ts';
import { startDockerProxy, type DockerProxy } from '../support/docker-proxy.ts';
import { writeFakeTools } from '../support/fake-tools.ts';
import { Cli } from '../support/playground.ts';

/** The engine k3d as a person meets it on the command line, with a Docker engine that is a program of the test. */
describe('the engine k3d on the command line', () => {
  let docker: DockerProxy;
  let folder: string;
  let cli: Cli;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'faults-'));
    docker = await startDockerProxy();
    const tools = join(folder, 'bin');
    mkdirSync(tools);
    writeFakeTools(tools, '');
    const path = [tools, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
    cli = new Cli({ env: { DOCKER_HOST: `unix://${docker.socket}`, PATH: path } });
  });
  afterEach(async () => {
    docker.rule = () => undefined;
    await cli.dispose();
    await docker.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const levels = async (...args: string[]) => {
    const { stdout } = await cli.run('doctor', '--engine', 'k3d', ...args, '--json');
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    return Object.fromEntries(findings.map(({ title, level }) => [title, level]));
  };

  test('doctor tells what is well and what is not, and has an exit code', async () => {
    expect(await levels('--bundle', 'class.bundle')).toMatchObject({
      ...{ Docker: 'ok', Memory: 'ok', k3d: 'ok', helm: 'ok', Images: 'ok', 'Control groups': 'ok' },
    });
    docker.rule = () => 'break';
    expect(await levels()).toEqual({ Docker: 'fail' });
    expect((await cli.run('doctor', '--engine', 'k3d')).exitCode).toBe(1);
  }, 30_000);

  test.each(['break', 'silence'] as const)(
    'auto takes the embedded engine, and says why, when Docker answers with %s',
    async (fault) => {
      docker.rule = () => fault;
      const { stdout } = await cli.run('up', '--engine', 'auto', '--dry-run', '--json');
      expect((JSON.parse(stdout) as { engine: string }).engine).toBe('embedded');
      const { reason } = JSON.parse((await cli.run('doctor', '--json')).stdout) as { reason: string };
      expect(reason).toContain(docker.socket);
    },
    30_000,
  );

  test('without Docker says how to go on, and makes nothing', async () => {
    docker.rule = () => 'break';
    const { exitCode, stderr } = await cli.run('up', '--engine', 'k3d');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('hint: start Docker');
    expect((await cli.run('status')).stderr).toContain('there is no playground');
  }, 30_000);

  test('with a bundle that is none is refused with the command that makes one, and down leaves nothing', async () => {
    const file = join(folder, 'class.bundle');
    writeFileSync(file, 'no bundle');
    const { exitCode, stderr } = await cli.run('up', '--engine', 'k3d', '--bundle', file);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('it is no bundle of gitops-playground');
    expect(stderr).toContain('hint: make one');
    expect((await cli.run('down', '--yes')).exitCode).toBe(0);
    expect((await cli.run('status')).stderr).toContain('there is no playground');
  }, 30_000);

  test('down needs no Docker where no cluster was ever made, and says so', async () => {
    const file = join(folder, 'class.bundle');
    writeFileSync(file, 'no bundle');
    expect((await cli.run('up', '--engine', 'k3d', '--bundle', file)).exitCode).toBe(1);
    docker.rule = () => 'break';
    const { exitCode, stdout, stderr } = await cli.run('down', '--yes');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: 'removed default' });
    expect(stderr).toContain('no cluster of "default" was ever made, so Docker was not needed');
    expect((await cli.run('status')).stderr).toContain('there is no playground');
  }, 30_000);

  test('the engine of a playground cannot change', async () => {
    writeFileSync(join(folder, 'class.bundle'), 'no bundle');
    await cli.run('up', '--engine', 'k3d', '--bundle', join(folder, 'class.bundle'));
    const { exitCode, stderr } = await cli.run('up', '--engine', 'embedded');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('runs on the engine k3d, which cannot change later');
  }, 30_000);

  test('what a bundle, a profile or an add-on may be is checked with everything else', async () => {
    const { exitCode, stderr } = await cli.run(
      'up',
      '--engine',
      'k3d',
      '--with',
      'montioring',
      '--profile',
      'huge',
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('2 problems');
    expect(stderr).toContain('--with');
    expect(stderr).toContain('--profile');
  }, 30_000);
});

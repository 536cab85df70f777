import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Cli } from '../support/playground.ts';

/** Wrong input gets a clear error, with the next step, and changes nothing. */
describe('wrong use', () => {
  let folder: string;
  let cli: Cli;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wrong-use-'));
    cli = new Cli();
  });
  afterEach(async () => {
    await cli.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('reports unknown flags and unknown keys together, and exits with 2', async () => {
    const config = join(folder, 'playground.yaml');
    writeFileSync(config, 'engin: embedded\nport: 99\n');
    const { exitCode, stdout, stderr } = await cli.run('up', '--prot', '9000', '--config', config, '--josn');
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('4 problems');
    expect(stderr).toContain('--prot: unknown option of `up`; did you mean --port?');
    expect(stderr).toContain('--josn: unknown option of `up`; did you mean --json?');
    expect(stderr).toContain(`${config}:1:1: unknown key "engin"; did you mean "engine"?`);
    expect(stderr).toContain(`${config}:2:1: port: use a port from 1024 to 65000`);
  });

  test('answers an unknown command with the one that was meant', async () => {
    const { exitCode, stderr } = await cli.run('statsu');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('did you mean "status"?');
  });

  test('takes no name with a slash', async () => {
    const { exitCode, stderr } = await cli.run('up', '--name', '../escape');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--name');
  });

  test('puts the error into the one document of --json', async () => {
    const { exitCode, stdout } = await cli.run('status', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'no-playground',
        message: 'there is no playground named "default"',
        hint: 'start one: gitops-playground up',
      },
    });
  });

  test('says which port of the row is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { exitCode, stderr } = await cli.run('up', '--port', String(port));
    server.close();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`port ${port}, wanted for dashboard, is taken by another program`);
    expect(stderr).toContain('hint:');
  });

  test('needs git, and says so', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const bare = new Cli({ env: { PATH: bin } });
    const { exitCode, stderr } = await bare.run('up');
    const left = existsSync(join(bare.home, 'playgrounds'));
    await bare.dispose();
    expect(exitCode).toBe(1);
    expect(left).toBe(false);
    expect(stderr).toContain('the program "git" was not found');
    expect(stderr).toContain('install git');
  });

  test('says when its folder cannot be written, and names the way out', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const stuck = new Cli({ env: { GITOPS_PLAYGROUND_HOME: join(file, 'home') } });
    const { exitCode, stderr } = await stuck.run('up');
    rmSync(stuck.home, { recursive: true });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('cannot write to');
    expect(stderr).toContain('GITOPS_PLAYGROUND_HOME');
  });

  test('leaves a state file that it cannot read as it is', async () => {
    const state = join(cli.home, 'playgrounds', 'default', 'state.json');
    mkdirSync(join(cli.home, 'playgrounds', 'default'), { recursive: true });
    writeFileSync(state, '{"version": 1, "ports"');
    for (const command of ['up', 'status']) {
      const { exitCode, stderr } = await cli.run(command);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('is damaged');
      expect(stderr).toContain('gitops-playground down');
    }
    expect(readFileSync(state, 'utf8')).toBe('{"version": 1, "ports"');
    expect((await cli.run('down', '--yes')).exitCode).toBe(0);
  });

  test('tells an old Node what is needed before anything else can fail', () => {
    const script = readFileSync(new URL('../../bin/gitops-playground.cjs', import.meta.url), 'utf8');
    const old = script.replace(/^#!.*\n/, '').replaceAll('process.versions.node', '"18.20.0"');
    const { exitCode, stderr } = execaSync(process.execPath, ['--eval', old], {
      reject: false,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Node 18.20.0 is too old');
  });

  test('plans without doing anything', async () => {
    const plan = await cli.json<{ tasks: { id: string }[] }>('up', '--dry-run');
    expect(plan.tasks.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['engine', 'webhooks', 'production']),
    );
    expect((await cli.run('status')).exitCode).toBe(1);
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { neededMemory } from '../../../../src/config/profiles.ts';
import { configSchema } from '../../../../src/config/schema.ts';
import { knock, connectDocker, explainDocker } from '../../../../src/engines/k3d/docker.ts';
import { PlaygroundError } from '../../../../src/lib/errors.ts';
import {
  judgeFacts,
  judgeKnock,
  judgeProxies,
  readFacts,
  type DockerFacts,
} from '../../../../src/engines/k3d/preflight.ts';
import { startDockerProxy, type DockerProxy } from '../../../support/docker-proxy.ts';

const well: DockerFacts = {
  version: '28.2.2',
  os: 'linux',
  operatingSystem: 'Debian GNU/Linux 13',
  architecture: 'x86_64',
  memory: 16 * 1024 ** 3,
  processors: 8,
  cgroupVersion: '2',
  rootless: false,
  rootDir: '/var/lib/docker',
  httpProxy: '',
  httpsProxy: '',
  mirrors: [],
  networks: ['bridge', 'host', 'none'],
};
const asked = neededMemory(configSchema.parse({}), 'k3d');
const levels = (facts: Partial<DockerFacts>) =>
  Object.fromEntries(judgeFacts({ ...well, ...facts }, asked).map(({ title, level }) => [title, level]));

describe('what a Docker engine says of itself', () => {
  test('is well on an ordinary machine', () => {
    expect(new Set(Object.values(levels({})))).toEqual(new Set(['ok']));
  });

  test.each([
    ['Docker', { version: '19.03.15' }, 'fail'],
    ['Architecture', { os: 'windows' }, 'fail'],
    ['Architecture', { architecture: 'riscv64' }, 'fail'],
    ['Memory', { memory: 2 * 1024 ** 3 }, 'fail'],
    ['Memory', { memory: 5 * 1024 ** 3 }, 'warn'],
    ['Control groups', { cgroupVersion: '1' }, 'warn'],
    ['Control groups', { cgroupVersion: '1', rootless: true }, 'fail'],
    ['Control groups', { cgroupVersion: '' }, 'warn'],
    ['Networks', { networks: ['host', 'none'] }, 'fail'],
  ] as const)('%s of %j is a "%s"', (title, facts, level) => {
    expect(levels(facts)[title]).toBe(level);
  });

  test.each([
    ['minimal', [], 3600, 'warn'],
    ['workshop', [], 3600, 'fail'],
    ['workshop', ['monitoring'], 4500, 'fail'],
    ['workshop', ['monitoring'], 8 * 1024, 'warn'],
    ['full', [], 7000, 'fail'],
    ['full', [], 16 * 1024, 'ok'],
  ] as const)('the profile %s with %j on %i MiB is a "%s"', (profile, addons, mebibytes, level) => {
    const needed = neededMemory(configSchema.parse({ profile, with: [...addons] }), 'k3d');
    const finding = judgeFacts({ ...well, memory: mebibytes * 1024 ** 2 }, needed).find(
      ({ title }) => title === 'Memory',
    );
    expect(finding).toMatchObject({ level });
    // What nobody has measured is not told as if somebody had.
    if (level !== 'ok') {
      expect(finding?.detail).toContain(`needs ${needed.mebibytes + 512} MiB`);
      expect(finding?.detail).toContain('not measured');
      expect(finding?.mend).toContain('smaller profile');
    }
  });

  test('each finding that is not well says what mends it', () => {
    const broken = { version: '1.0.0', architecture: 'mips', memory: 0, cgroupVersion: '1', networks: [] };
    const findings = judgeFacts({ ...well, ...broken }, asked);
    for (const { mend } of findings) expect(mend).toMatch(/\w{4}/);
  });

  test('a proxy that the engine does not know of, or that would be used for localhost, is told without its password', () => {
    const env = { HTTPS_PROXY: 'http://anna:secret@proxy.example:3128' };
    const unknown = judgeProxies(well, env);
    expect(unknown.level).toBe('warn');
    expect(unknown.detail).toContain('proxy.example:3128');
    expect(JSON.stringify(unknown)).not.toContain('secret');
    expect(judgeProxies({ httpProxy: '', httpsProxy: 'http://proxy.example' }, env).mend).toContain(
      'NO_PROXY',
    );
    expect(judgeProxies(well, {}).level).toBe('ok');
  });
});

describe('knocking at a Docker engine', () => {
  let engine: DockerProxy;
  beforeEach(async () => {
    engine = await startDockerProxy();
  });
  afterEach(() => engine.close());
  const host = () => ({ kind: 'socket', path: engine.socket, from: 'test' }) as const;

  test('one that answers is asked for what it is', async () => {
    expect((await knock(host())).state).toBe('answers');
    const facts = await readFacts(await connectDocker(host()));
    expect(facts).toMatchObject({
      version: '28.2.2',
      architecture: 'x86_64',
      cgroupVersion: '2',
      networks: ['bridge'],
    });
  });

  test('one that is silent is given up after the limit', async () => {
    engine.rule = () => 'silence';
    const found = await knock(host(), 50);
    expect(found).toMatchObject({
      state: 'silent',
      reason: expect.stringContaining('within 50 ms') as string,
    });
  });

  test('one that is not there, or breaks the connection, is dead', async () => {
    expect((await knock({ kind: 'socket', path: '/nowhere/docker.sock', from: 'test' })).state).toBe('dead');
    engine.rule = () => 'break';
    expect((await knock(host())).state).toBe('dead');
  });

  test('one of another machine is refused without a call', async () => {
    const found = await knock({ kind: 'remote', address: 'ssh://build.example', from: 'DOCKER_HOST' });
    expect(found).toMatchObject({ state: 'remote' });
    if (found.state !== 'answers')
      expect(judgeKnock(found)).toMatchObject({ level: 'fail', title: 'Docker' });
  });

  test.each([
    ['break', 'docker-unreachable', 'start Docker'],
    [
      { status: 500, message: 'write /var/lib/docker: no space left on device' },
      'disk-full',
      'docker system prune',
    ],
    [
      { status: 429, message: 'toomanyrequests: You have reached your pull rate limit' },
      'pull-limited',
      'bundle',
    ],
    [{ status: 500, message: 'something new' }, 'docker-refused', 'doctor'],
  ] as const)('a call that ends with %j becomes %s', async (fault, code, hint) => {
    const docker = await connectDocker(host());
    engine.rule = () => fault;
    const error = await docker.listContainers().catch((reason: unknown) => explainDocker(reason, 'looking'));
    expect(error).toBeInstanceOf(PlaygroundError);
    expect(error).toMatchObject({ code, hint: expect.stringContaining(hint) as string });
  });
});

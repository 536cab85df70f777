import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dockerEnvironment, findDockerHost } from '../../../../src/engines/k3d/docker-host.ts';

describe('finding the Docker engine', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'home-'));
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  const find = (env: Record<string, string>, ...sockets: string[]) =>
    findDockerHost({ env, home, exists: (path) => sockets.includes(path) });
  const writeContext = (name: string, address: string) => {
    const id = createHash('sha256').update(name).digest('hex');
    const folder = join(home, '.docker', 'contexts', 'meta', id);
    mkdirSync(folder, { recursive: true });
    const meta = { Name: name, Endpoints: { docker: { Host: address } } };
    writeFileSync(join(folder, 'meta.json'), JSON.stringify(meta));
  };
  const useContext = (name: string) => {
    mkdirSync(join(home, '.docker'), { recursive: true });
    writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify({ currentContext: name }));
  };

  test('DOCKER_HOST comes before everything', () => {
    writeContext('colima', 'unix:///colima.sock');
    useContext('colima');
    expect(find({ DOCKER_HOST: 'unix:///mine.sock' }, '/var/run/docker.sock')).toMatchObject({
      kind: 'socket',
      path: '/mine.sock',
      from: 'DOCKER_HOST',
    });
  });

  test('then the context of DOCKER_CONTEXT, and the one in use', () => {
    writeContext('colima', 'unix:///colima.sock');
    writeContext('orbstack', 'unix:///orbstack.sock');
    useContext('colima');
    expect(find({})).toMatchObject({ path: '/colima.sock', from: 'the context "colima"' });
    expect(find({ DOCKER_CONTEXT: 'orbstack' })).toMatchObject({ path: '/orbstack.sock' });
  });

  test('the context "default" means the sockets of the known products, in their order', () => {
    useContext('default');
    const known = [
      ['/var/run/docker.sock', 'the default socket'],
      [join(home, '.docker/run/docker.sock'), 'Docker Desktop'],
      [join(home, '.orbstack/run/docker.sock'), 'OrbStack'],
      [join(home, '.colima/default/docker.sock'), 'Colima'],
      [join(home, '.rd/docker.sock'), 'Rancher Desktop'],
      ['/run/user/7/docker.sock', 'rootless Docker'],
      ['/run/user/7/podman/podman.sock', 'Podman'],
    ] as const;
    const env = { XDG_RUNTIME_DIR: '/run/user/7' };
    for (const [index, [path, from]] of known.entries()) {
      const there = known.slice(index).map(([socket]) => socket);
      expect(find(env, ...there)).toEqual({ kind: 'socket', path, from });
    }
    expect(find(env)).toBeUndefined();
  });

  test('an address of this machine by TCP keeps its port and its certificates', () => {
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' };
    const host = find(env);
    expect(host).toEqual({
      kind: 'tcp',
      host: '127.0.0.1',
      port: 2376,
      certificates: '/certs',
      from: 'DOCKER_HOST',
    });
    expect(host === undefined ? {} : dockerEnvironment(host)).toEqual(env);
  });

  test.each(['ssh://anna@build.example', 'tcp://build.example:2375'])('%s is somewhere else', (address) => {
    expect(find({ DOCKER_HOST: address })).toMatchObject({ kind: 'remote', address });
  });
});

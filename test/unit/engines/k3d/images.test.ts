import type Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectDocker } from '../../../../src/engines/k3d/docker.ts';
import { ensureImage, presentReference } from '../../../../src/engines/k3d/images.ts';
import { imagePin, imageTagged } from '../../../../src/engines/components/pins.ts';
import { startDockerProxy, type DockerProxy, type Fault } from '../../../support/docker-proxy.ts';

describe('the images of the nodes', () => {
  let engine: DockerProxy;
  let docker: Docker;
  const signal = new AbortController().signal;
  beforeEach(async () => {
    engine = await startDockerProxy();
    docker = await connectDocker({ kind: 'socket', path: engine.socket, from: 'test' });
  });
  afterEach(() => engine.close());

  const missing = { status: 404, message: 'No such image' };
  const pulls = (fault: Fault) => {
    engine.rule = ({ path }) => (path === '/images/create' ? fault : missing);
  };
  const has = (reference: string) => {
    engine.rule = ({ path }) =>
      decodeURIComponent(path) === `/images/${reference}/json`
        ? { status: 200, json: { Id: 'sha256:1' } }
        : missing;
  };

  test('are known by digest, or by tag alone after a bundle brought them', async () => {
    pulls(missing);
    expect(await presentReference(docker, 'k3s')).toBeUndefined();
    has(imagePin('k3s'));
    expect(await presentReference(docker, 'k3s')).toBe(imagePin('k3s'));
    has(imageTagged('k3s'));
    expect(await presentReference(docker, 'k3s')).toBe(imageTagged('k3s'));
  });

  test('are pulled by digest, with what has arrived so far', async () => {
    const MIB = 1024 * 1024;
    pulls({
      lines: [
        { id: 'a', status: 'Downloading', progressDetail: { current: 10 * MIB, total: 40 * MIB } },
        { id: 'b', status: 'Downloading', progressDetail: { current: 5 * MIB, total: 60 * MIB } },
        { status: 'Status: Downloaded newer image' },
      ],
    });
    const told: string[] = [];
    expect(await ensureImage(docker, 'k3s', (message) => told.push(message), signal)).toBe(imagePin('k3s'));
    expect(told.at(-1)).toBe('pulling k3s: 15 of 100 MiB');
  });

  test.each([
    [
      'pull-limited',
      { status: 429, message: 'toomanyrequests: You have reached your unauthenticated pull rate limit' },
    ],
    ['pull-limited', { lines: [{ error: 'toomanyrequests: too many' }] }],
    ['disk-full', { lines: [{ error: 'write /data: no space left on device' }] }],
    [
      'registry-unreachable',
      { status: 500, message: 'Get "https://registry-1.docker.io/v2/": dial tcp: lookup: no such host' },
    ],
    [
      'image-missing',
      { status: 404, message: 'manifest for docker.io/rancher/k3s not found: manifest unknown' },
    ],
    ['docker-unreachable', 'break'],
  ] as const)('that cannot be pulled say %s', async (code, fault) => {
    pulls(fault);
    await expect(ensureImage(docker, 'k3s', () => undefined, signal)).rejects.toMatchObject({ code });
  });
});

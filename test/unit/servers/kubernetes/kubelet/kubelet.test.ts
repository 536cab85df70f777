import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { types } from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { isReady, podObject, startNode, type NodeHarness } from './harness.ts';
import { pushImage, SERVER } from './images.ts';

let node: NodeHarness;
let image: string;
beforeAll(async () => {
  node = await startNode();
  image = await pushImage(node.registry, 'playground/web', {
    layers: [{ 'app/server.js': SERVER, 'app/data.txt': 'of the image' }],
  });
});
afterAll(async () => {
  await node.close();
});

const READY = { readinessProbe: { httpGet: { path: '/', port: 'http' } } };
const ask = async (name: string, path: string) => {
  const response = await fetch(`http://${node.pod(name)?.status?.podIP}:8080${path}`);
  return response.text();
};

describe('a pod', () => {
  it('is ready soon after node has started, at an address of its own', async () => {
    node.cluster.create(types.pods, podObject('first', image, READY));
    const pod = await node.until('first', isReady);
    expect(pod.status).toMatchObject({ phase: 'Running', hostIP: '127.0.0.1', qosClass: 'BestEffort' });
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      name: 'web',
      ready: true,
      started: true,
      restartCount: 0,
      image,
      imageID: image,
    });
    expect(JSON.parse(await ask('first', '/'))).toMatchObject({ hostname: 'first' });
    expect(node.events('first').map((line) => line.split(':')[0])).toEqual([
      'Scheduled',
      'Pulling',
      'Pulled',
      'Created',
      'Started',
    ]);
    expect(await node.logs('first')).toBe(`listening ${pod.status?.podIP}\n`);

    node.cluster.create(types.pods, podObject('second', image, READY));
    const second = await node.until('second', isReady);
    expect(second.status?.podIP).not.toBe(pod.status?.podIP);
    node.cluster.delete(types.pods, 'default', 'second');
    await node.gone('second');
  });

  it('sees its image and nothing of the machine', async () => {
    expect(await ask('first', '/read?file=data.txt')).toBe('of the image');
    expect(await ask('first', '/read?file=/app/data.txt')).toBe('of the image');
    expect(await ask('first', '/read?file=/etc/passwd')).toBe('no: ENOENT');
    expect(await ask('first', '/read?file=/proc/self/environ')).toBe('no: ERR_ACCESS_DENIED');
    expect(await ask('first', '/write?file=/app/data.txt')).toBe('no: ERR_ACCESS_DENIED');
    expect(await ask('first', '/write?file=/tmp/mine')).toBe('done');
    expect(await ask('first', '/read?file=/tmp/mine')).toBe('x');
    expect(await ask('first', '/spawn')).toBe('no: ERR_ACCESS_DENIED');
    expect(await ask('first', '/self')).toBe('localhost 200');
    const env = JSON.parse(await ask('first', '/env')) as Record<string, string>;
    expect(Object.keys(env).toSorted()).toEqual(['HOME', 'HOSTNAME', 'PATH', 'STAGE']);
  });

  it('ends gracefully when it is deleted', async () => {
    const follower = node.logs('first', { follow: true });
    node.cluster.delete(types.pods, 'default', 'first');
    await node.gone('first');
    expect(await follower).toContain('terminating\n');
    expect(node.events('first')).toContain('Killing: Stopping container web');
  });
});

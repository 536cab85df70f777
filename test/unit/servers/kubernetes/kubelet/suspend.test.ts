import { afterAll, beforeAll, expect, it } from 'vitest';
import { types, type Node } from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { isReady, podObject, startNode, type NodeHarness } from './harness.ts';
import { pushImage, SERVER } from './images.ts';

let node: NodeHarness;
let image: string;
beforeAll(async () => {
  node = await startNode();
  image = await pushImage(node.registry, 'playground/web', { layers: [{ 'app/server.js': SERVER }] });
});
afterAll(async () => {
  await node.close();
});

const READY = { readinessProbe: { httpGet: { path: '/', port: 'http' } } };
const condition = () =>
  node.cluster
    .get<Node>(types.nodes, undefined, 'node')
    ?.status?.conditions?.find(({ type }) => type === 'Ready');

it('a node without its container runtime says so, ends and starts nothing, and goes on where it was', async () => {
  node.cluster.create(types.pods, podObject('kept', image, READY));
  const { status } = await node.until('kept', isReady);
  node.kubelet.suspend();
  expect(condition()).toMatchObject({
    status: 'False',
    reason: 'KubeletNotReady',
    message: 'container runtime is down',
  });
  // What runs goes on, also when it is told to end.
  await node.until('kept', (pod) => !isReady(pod));
  node.cluster.delete(types.pods, 'default', 'kept');
  expect((await fetch(`http://${status?.podIP ?? ''}:8080/`)).status).toBe(200);
  expect(node.pod('kept')?.metadata.deletionTimestamp).toBeDefined();

  node.kubelet.resume();
  expect(condition()).toMatchObject({ status: 'True', reason: 'KubeletReady' });
  await node.gone('kept');
  node.cluster.create(types.pods, podObject('new', image, READY));
  await node.until('new', isReady);
});

it('pods that were taken out of their Services are in them again', async () => {
  node.cluster.create(types.pods, podObject('stays', image, READY));
  const before = await node.until('stays', isReady);
  node.kubelet.suspend();
  await node.until('stays', (pod) => !isReady(pod));
  node.kubelet.resume();
  const after = await node.until('stays', isReady);
  expect(after.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0 });
  expect(after.status?.podIP).toBe(before.status?.podIP);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../../../../src/lib/log.ts';
import { types, type EndpointSlice } from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import {
  createServiceAllocator,
  type ServiceAllocator,
} from '../../../../../src/servers/kubernetes/services/allocation.ts';
import { Backends } from '../../../../../src/servers/kubernetes/services/backends.ts';
import {
  startServiceProxy,
  type ServiceProxy,
} from '../../../../../src/servers/kubernetes/services/proxy.ts';
import { isReady, podObject, startNode, type NodeHarness } from './harness.ts';
import { pushImage, SERVER } from './images.ts';

let node: NodeHarness;
let proxy: ServiceProxy;
let allocator: ServiceAllocator;
let image: string;
beforeAll(async () => {
  node = await startNode({
    ownAddresses: false,
    redirects: (cluster) => {
      const events = { record: () => undefined, stop: () => undefined };
      proxy = startServiceProxy({
        cluster,
        backends: new Backends(cluster),
        events,
        log: silentLog,
        ownAddresses: false,
      });
      return proxy;
    },
  });
  // Addresses at which the proxy does not listen, as on a system with a single loopback address.
  allocator = await createServiceAllocator(node.cluster, '127.50.1');
  node.cluster.admission(allocator);
  image = await pushImage(node.registry, 'playground/web', { layers: [{ 'app/server.js': SERVER }] });
});
afterAll(async () => {
  allocator.close();
  await proxy.close();
  await node.close();
});

describe('a system with one loopback address', () => {
  it('gives each pod free ports, which EndpointSlices carry and Services lead to', async () => {
    const service = { selector: { app: 'one' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] };
    node.cluster.create(types.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: service,
    });
    const readiness = { readinessProbe: { httpGet: { path: '/', port: 'http' } } };
    node.cluster.create(types.pods, podObject('one', image, readiness));
    node.cluster.create(types.pods, podObject('two', image, readiness));
    const one = await node.until('one', isReady);
    const two = await node.until('two', isReady);
    expect(one.status?.podIP).toBe('127.0.0.1');
    const portOf = (pod: typeof one) =>
      (
        JSON.parse(pod.metadata.annotations?.['kubelet.process/host-ports'] ?? '{}') as Record<string, number>
      )['8080'];
    expect(portOf(one)).not.toBe(portOf(two));
    await expect
      .poll(() => node.cluster.list<EndpointSlice>(types.endpointSlices)[0]?.ports?.[0]?.port)
      .toBe(portOf(one));

    // From pod to pod by the Service's name and port, although nobody can listen at its address.
    const code = `require('http').get('http://web/', (r) => r.on('data', (d) => console.log(JSON.parse(d).hostname)))`;
    const session = await node.kubelet.exec('default', 'two', { command: ['node', '-e', code] });
    session.stdin.end();
    let output = '';
    session.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    session.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await session.exited;
    expect(output).toBe('one\n');
  });
});

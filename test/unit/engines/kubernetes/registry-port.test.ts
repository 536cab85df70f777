import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  KubernetesError,
  type KubeObject,
  type KubernetesClient,
  type ObjectRef,
} from '../../../../src/clients/kubernetes.ts';
import type { Service } from '../../../../src/clients/kubernetes-objects.ts';
import { configSchema } from '../../../../src/config/schema.ts';
import { componentSettings } from '../../../../src/engines/components/endpoints.ts';
import { exampleState } from '../../../../src/engines/components/example.ts';
import { takeRegistryPort } from '../../../../src/engines/kubernetes/registry-port.ts';

const state = exampleState(configSchema.parse({ engine: 'kubernetes', name: 'team' }));
const settings = componentSettings(state, { id: 'kubernetes', context: 'team' });
const asked = settings.ports.registry;

/** A cluster in which the port that is asked for is to be had, or that gives these, one after the other. */
function clusterThatGives(...given: number[]) {
  const objects = new Map<string, KubeObject>();
  const keyOf = ({ kind, name }: Pick<ObjectRef, 'kind' | 'name'>) => `${kind}/${name}`;
  const isRefused = given.length > 0;
  const withPort = (service: Service): Service => {
    const [port] = service.spec.ports ?? [];
    if (port === undefined) throw new Error('a Service without ports');
    if (isRefused && port.nodePort !== undefined)
      throw new KubernetesError(422, 'Invalid', 'provided port is already allocated');
    const nodePort = port.nodePort ?? given.shift() ?? 0;
    return { ...service, spec: { ...service.spec, ports: [{ ...port, nodePort }] } };
  };
  const client = {
    find: async (ref: ObjectRef) => objects.get(keyOf(ref)),
    create: async (object: KubeObject) => {
      const created = object.kind === 'Service' ? withPort(object as Service) : object;
      objects.set(keyOf({ kind: object.kind, name: object.metadata.name }), created);
      return created;
    },
    delete: async (ref: ObjectRef) => objects.delete(keyOf(ref)),
  };
  return { objects, client: client as unknown as KubernetesClient };
}

let other: Server | undefined;
afterEach(() => {
  other?.close();
  other = undefined;
});

/** A port that a program of this machine has. */
async function takenPort(): Promise<number> {
  const server = createServer();
  other = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** One that nobody has. */
async function freePort(): Promise<number> {
  const port = await takenPort();
  await new Promise((resolve) => other?.close(resolve));
  return port;
}

test('a cluster gives the port that it is asked for, in the namespace and with the labels of the playground', async () => {
  const { client, objects } = clusterThatGives();
  expect(await takeRegistryPort(client, settings, false)).toBe(asked);
  expect(objects.get('Service/registry')?.metadata).toMatchObject({
    namespace: 'registry',
    labels: { 'gitops-playground.io/name': 'team' },
  });
  // The same command again finds it.
  expect(await takeRegistryPort(client, settings, true)).toBe(asked);
});

test('when somebody else has that port, one that the cluster chooses is taken, and found again', async () => {
  const port = await freePort();
  const { client } = clusterThatGives(port);
  expect(await takeRegistryPort(client, settings, false)).toBe(port);
  const kept = { ...settings, ports: { ...settings.ports, registry: port } };
  expect(await takeRegistryPort(client, kept, true)).toBe(port);
});

test('a port that a program of this machine has is given back for another one', async () => {
  const [free, taken] = [await freePort(), await takenPort()];
  const { client, objects } = clusterThatGives(taken, free);
  expect(await takeRegistryPort(client, settings, false)).toBe(free);
  expect((objects.get('Service/registry') as Service).spec.ports?.[0]?.nodePort).toBe(free);
});

test('only taken ports are told after a few tries', async () => {
  const taken = await takenPort();
  const { client } = clusterThatGives(...Array.from({ length: 9 }, () => taken));
  await expect(takeRegistryPort(client, settings, false)).rejects.toMatchObject({
    code: 'port-in-use',
    message: expect.stringContaining(String(taken)) as string,
  });
});

test('another port than the one that images are named by is told with the way out', async () => {
  const { client } = clusterThatGives(await freePort());
  await expect(takeRegistryPort(client, settings, true)).rejects.toMatchObject({
    code: 'registry-port-changed',
    hint: expect.stringContaining('gitops-playground down --name team') as string,
  });
});

import { connect, type Socket } from 'node:net';
import type { EndpointPort } from 'kubernetes-types/discovery/v1';
import type { Cluster } from '../cluster.ts';
import { SERVICE_NAME } from '../controllers/endpoint-slices.ts';
import { types, type EndpointSlice, type Service } from '../controllers/objects.ts';

/** A port of a Service, by its number or name. */
export interface ServicePortRef {
  readonly namespace: string;
  readonly service: string;
  readonly port: number | string;
}

export interface BackendAddress {
  readonly address: string;
  readonly port: number;
}

/** No pod could be reached. */
class NoBackend extends Error {
  constructor({ namespace, service }: ServicePortRef, why: string) {
    super(`the Service ${namespace}/${service} ${why}`);
    this.name = 'NoBackend';
  }
}

/** How long a connection may wait for a ready pod, while a rollout switches, and how often it looks. */
const PATIENCE = 500;
const LOOK_EVERY = 20;
/** A local connection that takes longer than this does not come. */
const CONNECT_LIMIT = 2_000;

/** Finds the pods behind Services, one after the other in turn. */
export class Backends {
  readonly #cluster: Cluster;
  readonly #turns = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** The Service and its port with this number or name. */
  find({ namespace, service: name, port }: ServicePortRef) {
    const service = this.#cluster.get<Service>(types.services, namespace, name);
    const found = service?.spec.ports?.find((other) => other.port === port || other.name === port);
    return service === undefined || found === undefined ? undefined : { service, port: found };
  }

  /**
   * The addresses that serve a port, the next in turn first. Without a ready pod, those that are going but still serve,
   * as kube-proxy does it.
   */
  addresses(ref: ServicePortRef): BackendAddress[] {
    const found = this.find(ref);
    if (found === undefined) return [];
    const { namespace, service } = ref;
    const slices = this.#cluster.list<EndpointSlice>(types.endpointSlices, {
      namespace,
      labels: { [SERVICE_NAME]: service },
    });
    const name = found.port.name ?? '';
    const choose = (usable: (endpoint: EndpointSlice['endpoints'][number]) => boolean) =>
      slices.flatMap(({ ports = [], endpoints }) => {
        const port = ports.find((entry: EndpointPort) => (entry.name ?? '') === name)?.port;
        if (port === undefined) return [];
        return endpoints
          .filter(usable)
          .flatMap(({ addresses }) => addresses.map((address) => ({ address, port })));
      });
    const ready = choose(({ conditions }) => conditions?.ready !== false);
    const all = ready.length > 0 ? ready : choose(({ conditions }) => conditions?.serving === true);
    const key = `${namespace}/${service}:${name}`;
    const turn = (this.#turns.get(key) ?? -1) + 1;
    this.#turns.set(key, turn);
    const start = all.length === 0 ? 0 : turn % all.length;
    return [...all.slice(start), ...all.slice(0, start)];
  }

  /**
   * Connects to a pod of the Service. A pod that refuses is passed over: nothing has been sent yet.
   * @throws NoBackend when for half a second there was none.
   */
  async connect(ref: ServicePortRef): Promise<Socket> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const addresses = this.addresses(ref);
      for (const { address, port } of addresses) {
        try {
          return await open(address, port);
        } catch {
          continue; // The next one may answer.
        }
      }
      if (Date.now() >= deadline) {
        throw new NoBackend(
          ref,
          addresses.length === 0 ? 'has no ready pod' : 'has no pod that accepts connections',
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  }
}

function open(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const limit = setTimeout(() => socket.destroy(new Error('the connection took too long')), CONNECT_LIMIT);
    socket.once('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    socket.once('connect', () => {
      clearTimeout(limit);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

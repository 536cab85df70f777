import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';
import type { Cluster, KubernetesObject } from '../cluster.ts';
import { types, type Service } from '../controllers/objects.ts';
import { invalid } from '../errors.ts';
import type { AdmissionHook } from '../storage/cluster-store.ts';

const NODE_PORTS = { first: 30_000, last: 32_767 };
/** Ports that are known to be free are kept ready: whether one is cannot be found out within a request. */
const READY_PORTS = 8;

export interface ServiceAllocator extends AdmissionHook {
  close(): void;
}

/**
 * Gives Services their cluster IPs and node ports, as the API server does it within the request. What is taken is read
 * from the Services themselves, so nothing can leak.
 * @param network the first three numbers of the addresses.
 */
export async function createServiceAllocator(cluster: Cluster, network: string): Promise<ServiceAllocator> {
  const ready: number[] = [];
  let closed = false;
  const refill = async () => {
    for (let tried = 0; ready.length < READY_PORTS && tried < 100 && !closed; tried += 1) {
      const port = randomInt(NODE_PORTS.first, NODE_PORTS.last + 1);
      if (!ready.includes(port) && (await isFree(port))) ready.push(port);
    }
  };
  await refill();

  function taken(except: KubernetesObject): { addresses: Set<string>; ports: Set<number> } {
    const { namespace, name } = except.metadata;
    const others = cluster
      .list<Service>(types.services)
      .filter(({ metadata }) => metadata.namespace !== namespace || metadata.name !== name);
    return {
      addresses: new Set(others.flatMap(({ spec }) => spec.clusterIP ?? [])),
      ports: new Set(
        others.flatMap(({ spec }) => (spec.ports ?? []).flatMap(({ nodePort }) => nodePort ?? [])),
      ),
    };
  }

  function allocateAddress(service: Service, previous: Service | undefined): void {
    const { spec, metadata } = service;
    spec.clusterIP =
      spec.clusterIP === undefined || spec.clusterIP === '' ? previous?.spec.clusterIP : spec.clusterIP;
    if (spec.clusterIP !== 'None') {
      const { addresses } = taken(service);
      const asked = spec.clusterIP;
      if (asked !== undefined && asked !== '' && asked !== previous?.spec.clusterIP) {
        const problem = !isIn(network, asked)
          ? `provided IP is not in the valid range. The range of valid IPs is ${network}.0/24`
          : addresses.has(asked)
            ? 'provided IP is already allocated'
            : undefined;
        if (problem !== undefined) {
          refuse(
            metadata.name,
            'spec.clusterIPs',
            JSON.stringify([asked]),
            `failed to allocate IP ${asked}: ${problem}`,
          );
        }
      }
      if (asked === undefined || asked === '') spec.clusterIP = freeAddress(metadata.name, addresses);
    }
    spec.clusterIPs = [spec.clusterIP ?? 'None'];
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
  }

  function freeAddress(name: string, addresses: ReadonlySet<string>): string {
    for (let last = 2; last < 255; last += 1) {
      const address = `${network}.${last}`;
      if (!addresses.has(address)) return address;
    }
    return refuse(name, 'spec.clusterIPs', '""', 'range is full');
  }

  function allocatePorts(service: Service, previous: Service | undefined): void {
    const { ports: others } = taken(service);
    const mine = new Set<number>();
    (service.spec.ports ?? []).forEach((port, i) => {
      const before = previous?.spec.ports?.find(
        (other) => other.port === port.port && (other.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
      )?.nodePort;
      const asked = port.nodePort === 0 ? undefined : port.nodePort;
      const field = `spec.ports[${i}].nodePort`;
      if (asked !== undefined && asked !== before) {
        const range = `${NODE_PORTS.first}-${NODE_PORTS.last}`;
        if (asked < NODE_PORTS.first || asked > NODE_PORTS.last) {
          refuse(
            service.metadata.name,
            field,
            String(asked),
            `provided port is not in the valid range. The range of valid ports is ${range}`,
          );
        }
        if (others.has(asked) || mine.has(asked)) {
          refuse(service.metadata.name, field, String(asked), 'provided port is already allocated');
        }
      }
      port.nodePort =
        asked ?? before ?? freePort(service.metadata.name, field, new Set([...others, ...mine]));
      mine.add(port.nodePort);
    });
  }

  function freePort(name: string, field: string, used: ReadonlySet<number>): number {
    const found = ready.find((port) => !used.has(port));
    if (found !== undefined) {
      ready.splice(ready.indexOf(found), 1);
      void refill();
      return found;
    }
    for (let port = NODE_PORTS.first; port <= NODE_PORTS.last; port += 1) if (!used.has(port)) return port;
    return refuse(name, field, '0', 'failed to allocate a nodePort: range is full');
  }

  return {
    type: types.services,
    admit(next, previous) {
      const service = next as Service;
      const before = previous as Service | undefined;
      const { spec } = service;
      if (spec.type === 'ExternalName') {
        delete spec.clusterIP;
        delete spec.clusterIPs;
        return;
      }
      allocateAddress(service, before?.spec.type === 'ExternalName' ? undefined : before);
      if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') allocatePorts(service, before);
      else for (const port of spec.ports ?? []) delete port.nodePort;
    },
    close: () => {
      closed = true;
    },
  };
}

function refuse(name: string, field: string, value: string, message: string): never {
  throw invalid({ kind: 'Service', group: '' }, name, [
    { reason: 'FieldValueInvalid', field, message: `Invalid value: ${value}: ${message}` },
  ]);
}

function isIn(network: string, address: string): boolean {
  const last = Number(address.slice(network.length + 1));
  return address.startsWith(`${network}.`) && Number.isInteger(last) && last > 1 && last < 255;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

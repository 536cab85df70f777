import { arch, cpus, totalmem, release } from 'node:os';
import type { NodeCondition } from 'kubernetes-types/core/v1';
import type { Cluster } from '../cluster.ts';
import { timestamp, type Clock } from '../controllers/clock.ts';
import { types, type Lease, type Node } from '../controllers/objects.ts';

const LEASES = 'kube-node-lease';
/** The heartbeat that shows that the node lives; rare, since nobody but people looks. */
const HEARTBEAT = 5 * 60_000;

export interface NodeOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly name: string;
  readonly address: string;
  readonly version: string;
  readonly podNetwork: string;
}

/** The node's object, as its kubelet keeps it. */
export interface NodeObject {
  /** Tells that the node is ready, or why it is not. */
  report(problem: string | undefined): void;
  /** Ends the heartbeat. */
  stop(): void;
}

/** Registers this machine as a node and keeps its status, until `stop`. */
export function registerNode(options: NodeOptions, problem: string | undefined): NodeObject {
  const { cluster, clock, name } = options;
  const existing = cluster.get<Node>(types.nodes, undefined, name);
  const labels = {
    ...existing?.metadata.labels,
    'beta.kubernetes.io/arch': architecture(),
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture(),
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'node-role.kubernetes.io/control-plane': 'true',
  };
  const spec = {
    ...existing?.spec,
    podCIDR: `${options.podNetwork}.0/24`,
    podCIDRs: [`${options.podNetwork}.0/24`],
  };
  if (existing === undefined) {
    cluster.create<Node>(types.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec });
  } else {
    cluster.update<Node>(types.nodes, { ...existing, metadata: { ...existing.metadata, labels }, spec });
  }
  let cancel: () => void = () => undefined;
  let reported = problem;
  const beat = () => {
    writeStatus(options, reported);
    renewLease(options);
    cancel = clock.after(HEARTBEAT, beat);
  };
  beat();
  return {
    report(next) {
      reported = next;
      writeStatus(options, reported);
    },
    stop() {
      cancel();
    },
  };
}

function writeStatus(
  { cluster, clock, name, address, version }: NodeOptions,
  problem: string | undefined,
): void {
  const node = cluster.get<Node>(types.nodes, undefined, name);
  if (node === undefined) return;
  const now = timestamp(clock.now());
  const condition = (type: string, status: string, reason: string, message: string): NodeCondition => {
    const before = node.status?.conditions?.find((other) => other.type === type);
    const since = before?.status === status ? before.lastTransitionTime : now;
    return {
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: now,
      ...(since === undefined ? {} : { lastTransitionTime: since }),
    };
  };
  const capacity = {
    cpu: String(cpus().length || 1),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: '250',
  };
  const status = {
    capacity,
    allocatable: capacity,
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      problem === undefined
        ? condition('Ready', 'True', 'KubeletReady', 'the process kubelet is ready')
        : condition('Ready', 'False', 'KubeletNotReady', problem),
    ],
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    nodeInfo: {
      architecture: architecture(),
      bootID: '',
      machineID: '',
      systemUUID: '',
      kernelVersion: release(),
      osImage: `process kubelet on ${process.platform}`,
      operatingSystem: 'linux',
      containerRuntimeVersion: `node-process://${process.version.slice(1)}`,
      kubeletVersion: version,
      kubeProxyVersion: version,
    },
  };
  cluster.update<Node>(types.nodes, { ...node, status }, 'status');
}

function renewLease({ cluster, clock, name }: NodeOptions): void {
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: Math.round((HEARTBEAT * 1.5) / 1000),
    renewTime: `${new Date(clock.now()).toISOString().slice(0, -1)}000Z`,
  };
  if (cluster.get(types.namespaces, undefined, LEASES) === undefined) {
    cluster.create(types.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LEASES } });
  }
  const lease = cluster.get<Lease>(types.leases, LEASES, name);
  if (lease !== undefined) {
    cluster.update<Lease>(types.leases, { ...lease, spec });
    return;
  }
  cluster.create<Lease>(types.leases, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: LEASES },
    spec,
  });
}

function architecture(): string {
  return arch() === 'x64' ? 'amd64' : arch();
}

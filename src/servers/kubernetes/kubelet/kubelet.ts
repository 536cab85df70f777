import { mkdir, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { messageOf } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/log.ts';
import { builtFile } from '../../../lib/package.ts';
import type { Cluster, ExecSession, LogOptions, NodeAgent } from '../cluster.ts';
import type { Clock } from '../controllers/clock.ts';
import type { EventRecorder } from '../controllers/events.ts';
import { types, type Pod } from '../controllers/objects.ts';
import type { Stop } from '../controllers/controller.ts';
import { badRequest, notFound } from '../errors.ts';
import { AddressPool, canListenAt } from './addresses.ts';
import type { Container } from './container.ts';
import { execCommand } from './exec.ts';
import { ImageStore, type ImageStoreOptions } from './image-store.ts';
import { registerNode, type NodeObject } from './node-object.ts';
import { PodWorker, type NodeResources } from './pod-worker.ts';
import { ProcessRecords } from './process-records.ts';
import { writeServiceNames, type RedirectSource } from './service-names.ts';

export interface KubeletOptions {
  readonly cluster: Cluster;
  readonly dataDir: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly nodeName: string;
  /** The first three numbers of the loopback addresses of pods: `127.44.7`. */
  readonly podNetwork: string;
  /** The version of Kubernetes that the node names. */
  readonly version: string;
  readonly credentials?: ImageStoreOptions['credentials'];
  /** Whether pods get addresses of their own; found out unless told. */
  readonly ownAddresses?: boolean;
  /** Cluster IPs and ports that answer elsewhere. */
  readonly redirects?: RedirectSource;
  /** Starts without its container runtime: see `Kubelet.suspend`. */
  readonly suspended?: boolean;
}

export interface Kubelet extends NodeAgent {
  /**
   * The node loses its container runtime: it reports NotReady, and starts and ends nothing until `resume`. What runs goes on, as
   * containers do when containerd has stopped.
   */
  suspend(): void;
  resume(): void;
  /**
   * Ends every container; their pods go on when a kubelet starts on the same folder again.
   * @param grace milliseconds that containers get to end; a second unless told.
   */
  close(grace?: number): Promise<void>;
}

const HOST_ADDRESS = '127.0.0.1';
/** Milliseconds that containers get to end when the node goes down. */
const SHUTDOWN_GRACE = 1_000;
const RUNTIME_DOWN = 'container runtime is down';

/** Starts the agent that runs the pods of a node as processes of this machine. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { dataDir, cluster, clock, log, events, podNetwork } = options;
  await mkdir(join(dataDir, 'pods'), { recursive: true, mode: 0o700 });
  const records = new ProcessRecords(dataDir);
  const leftOver = await records.endLeftOvers();
  if (leftOver > 0) log.warn(`${leftOver} processes of a previous run were still there and have been ended`);
  const images = await ImageStore.open({
    dataDir,
    log,
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });
  const pool = new AddressPool(podNetwork);
  const node: NodeResources = {
    cluster,
    clock,
    log,
    events,
    images,
    records,
    addresses: (options.ownAddresses ?? (await canListenAt(`${podNetwork}.2`))) ? pool : undefined,
    hostAddress: HOST_ADDRESS,
    folder: dataDir,
    names: join(dataDir, 'services.json'),
    preload: builtFile('pod-preload.mjs'),
  };
  const running = new RunningKubelet(node, options);
  await running.start();
  return running;
}

class RunningKubelet implements Kubelet {
  readonly #node: NodeResources;
  readonly #options: KubeletOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #leaving = new Set<Promise<void>>();
  #stops: Stop[] = [];
  #object: NodeObject | undefined;
  #suspended: boolean;

  constructor(node: NodeResources, options: KubeletOptions) {
    this.#node = node;
    this.#options = options;
    this.#suspended = options.suspended === true;
  }

  async start(): Promise<void> {
    const { cluster, clock, nodeName: name, version, podNetwork } = this.#options;
    const mine = cluster.list<Pod>(types.pods).filter((pod) => pod.spec.nodeName === name);
    // Addresses that pods had are theirs again before a new pod can get them.
    for (const pod of mine) if (pod.status?.podIP !== undefined) this.#node.addresses?.take(pod.status.podIP);
    await this.#removeFolders(new Set(mine.map(({ metadata }) => metadata.uid ?? '')));
    const object = registerNode(
      { cluster, clock, name, version, podNetwork, address: this.#node.hostAddress },
      this.#suspended ? RUNTIME_DOWN : undefined,
    );
    this.#object = object;
    this.#stops = [
      () => {
        object.stop();
      },
      writeServiceNames(cluster, this.#node.names, this.#options.redirects),
      cluster.subscribe<Pod>(types.pods, ({ type, object }) => {
        if (object.spec.nodeName !== name || this.#suspended) return;
        if (type === 'DELETED') this.#gone(object);
        else this.#seen(object);
      }),
      ...(
        [
          ['ConfigMap', types.configMaps],
          ['Secret', types.secrets],
        ] as const
      ).map(([kind, type]) =>
        cluster.subscribe(type, ({ object }) => {
          for (const worker of this.#workers.values()) {
            if (worker.pod.metadata.namespace === object.metadata.namespace) {
              worker.sourceChanged(kind, object.metadata.name);
            }
          }
        }),
      ),
    ];
  }

  suspend(): void {
    if (this.#suspended) return;
    this.#suspended = true;
    this.#object?.report(RUNTIME_DOWN);
  }

  resume(): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    this.#object?.report(undefined);
    // What has happened meanwhile.
    const { cluster, nodeName } = this.#options;
    const mine = cluster.list<Pod>(types.pods).filter(({ spec }) => spec.nodeName === nodeName);
    const uids = new Set(mine.map(({ metadata }) => metadata.uid));
    for (const { pod } of this.#workers.values()) if (!uids.has(pod.metadata.uid)) this.#gone(pod);
    for (const pod of mine) this.#seen(pod);
    for (const worker of this.#workers.values()) worker.report();
  }

  logs(namespace: string, pod: string, options: LogOptions): Readable {
    const container = this.#container(namespace, pod, options.container);
    const log = container.log(options.previous === true);
    if (log === undefined) {
      const { name } = container.spec;
      const reason = container.view.state.waiting?.reason ?? 'not started';
      throw badRequest(
        options.previous === true
          ? `previous terminated container "${name}" in pod "${pod}" not found`
          : `container "${name}" in pod "${pod}" is waiting to start: ${reason}`,
      );
    }
    return log.read(options);
  }

  async connect(namespace: string, pod: string, port: number): Promise<Duplex> {
    const worker = this.#worker(namespace, pod);
    const { address } = worker;
    if (address === undefined) throw badRequest(`pod "${pod}" has no address yet`);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address, port: worker.port(port), allowHalfOpen: true });
      socket.once('error', (error) => {
        reject(badRequest(`cannot connect to port ${port} of pod "${pod}": ${messageOf(error)}`));
      });
      socket.once('connect', () => {
        resolve(socket);
      });
    });
  }

  async exec(
    namespace: string,
    pod: string,
    { container: name, command }: { readonly container?: string; readonly command: readonly string[] },
  ): Promise<ExecSession> {
    const container = this.#container(namespace, pod, name);
    const options = container.processOptions;
    if (options === undefined)
      throw badRequest(`container "${container.spec.name}" in pod "${pod}" is not running`);
    try {
      return await execCommand(options, command, this.#node.records);
    } catch (error) {
      throw badRequest(messageOf(error));
    }
  }

  async close(grace = SHUTDOWN_GRACE): Promise<void> {
    for (const stop of this.#stops) stop();
    await Promise.all([...this.#workers.values()].map((worker) => worker.halt(grace)));
    await Promise.all(this.#leaving);
    this.#node.images.close();
  }

  #seen(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    const started = new PodWorker(this.#node, pod);
    this.#workers.set(uid, started);
    started.update(pod);
  }

  /** The object is gone: normally after the pod has ended, but a forced deletion does not wait for that. */
  #gone(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid);
    if (worker === undefined) return;
    this.#workers.delete(uid);
    const leaving = worker
      .halt(0)
      .then(() => worker.clean())
      .then(() =>
        this.#node.images.collect(
          new Set([...this.#workers.values()].flatMap((other) => other.imageDigests())),
        ),
      )
      .catch((error: unknown) => {
        this.#node.log.warn(`pod ${pod.metadata.name} has left something behind: ${messageOf(error)}`);
      })
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  async #removeFolders(uids: ReadonlySet<string>): Promise<void> {
    const folder = join(this.#node.folder, 'pods');
    for (const name of await readdir(folder)) {
      if (!uids.has(name)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  #worker(namespace: string, name: string): PodWorker {
    for (const worker of this.#workers.values()) {
      const { metadata } = worker.pod;
      if (metadata.namespace === namespace && metadata.name === name) return worker;
    }
    throw notFound(types.pods, name);
  }

  #container(namespace: string, pod: string, name: string | undefined): Container {
    const worker = this.#worker(namespace, pod);
    const { annotations } = worker.pod.metadata;
    const chosen =
      name ??
      annotations?.['kubectl.kubernetes.io/default-container'] ??
      worker.pod.spec.containers[0]?.name ??
      '';
    const container = worker.container(chosen);
    if (container === undefined) throw badRequest(`container ${chosen} is not valid for pod ${pod}`);
    return container;
  }
}

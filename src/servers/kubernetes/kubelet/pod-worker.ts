import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/log.ts';
import type { Cluster } from '../cluster.ts';
import type { Clock } from '../controllers/clock.ts';
import type { EventRecorder } from '../controllers/events.ts';
import { HOST_PORTS } from '../controllers/endpoint-slices.ts';
import { types, type Pod } from '../controllers/objects.ts';
import { freePort, type AddressPool } from './addresses.ts';
import { Container } from './container.ts';
import type { ImageStore } from './image-store.ts';
import type { PodEnvironment } from './pod-environment.ts';
import { podStatus, type PodView } from './pod-status.ts';
import type { ProcessRecords } from './process-records.ts';
import { Wakeup } from './wakeup.ts';
import { prepareVolumes, usesSource } from './volumes.ts';

/** What all pods of a node share. */
export interface NodeResources {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventRecorder;
  readonly images: ImageStore;
  readonly records: ProcessRecords;
  /** Undefined where the system has one loopback address only: pods then share 127.0.0.1 and get free ports. */
  readonly addresses: AddressPool | undefined;
  readonly hostAddress: string;
  readonly folder: string;
  readonly names: string;
  readonly preload: string;
}

const MOUNT_RETRY = 2_000;

/** Runs one pod from its binding to its end. */
export class PodWorker {
  readonly uid: string;
  readonly folder: string;
  readonly #node: NodeResources;
  readonly #wake = new Wakeup();
  readonly #startTime: number;
  #pod: Pod;
  #address: string | undefined;
  #ports: Readonly<Record<string, number>> = {};
  #mounted = false;
  #initContainers: Container[] = [];
  #containers: Container[] = [];
  #failure: { reason: string; message: string } | undefined;
  #stopping = false;
  /** Milliseconds of the grace period of a deletion that is under way. */
  #terminating: number | undefined;
  #ended = false;
  #publishing: NodeJS.Immediate | undefined;
  #cancelDeadline: () => void = () => undefined;
  readonly #finished: Promise<void>;

  constructor(node: NodeResources, pod: Pod) {
    this.#node = node;
    this.#pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.folder = join(node.folder, 'pods', this.uid);
    this.#startTime = Date.parse(pod.status?.startTime ?? '') || node.clock.now();
    this.#finished = this.#run().catch((error: unknown) => {
      node.log.error(`pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name}: ${messageOf(error)}`);
    });
  }

  get pod(): Pod {
    return this.#pod;
  }

  get address(): string | undefined {
    return this.#address;
  }

  /** The real port for a container port. */
  port(containerPort: number): number {
    return this.#ports[String(containerPort)] ?? containerPort;
  }

  container(name: string): Container | undefined {
    return [...this.#initContainers, ...this.#containers].find(({ spec }) => spec.name === name);
  }

  imageDigests(): string[] {
    return [...this.#initContainers, ...this.#containers].flatMap(({ imageDigest }) => imageDigest ?? []);
  }

  /** Takes note of a change of the object; a deletion begins here. */
  update(pod: Pod): void {
    this.#pod = pod;
    const { deletionTimestamp, deletionGracePeriodSeconds = 30 } = pod.metadata;
    if (deletionTimestamp !== undefined && !this.#ended)
      void this.#terminate(deletionGracePeriodSeconds * 1000);
  }

  /** Writes the pod's status anew, for when somebody else has written it. */
  report(): void {
    this.#changed();
  }

  /** A ConfigMap or Secret of its namespace has changed. */
  sourceChanged(kind: 'ConfigMap' | 'Secret', name: string): void {
    if (this.#ended) return;
    this.#wake.wake();
    for (const container of [...this.#initContainers, ...this.#containers]) container.kick();
    if (!this.#mounted || !usesSource(this.#pod, kind, name)) return;
    prepareVolumes(this.#node.cluster, this.#pod, join(this.folder, 'volumes')).catch((error: unknown) => {
      this.#tell('Warning', 'FailedMount', messageOf(error));
    });
  }

  /** Ends the processes without a word to the API: the node goes down, or the pod is gone already. */
  async halt(grace: number): Promise<void> {
    this.#ended = true;
    this.#stopping = true;
    this.#cancelDeadline();
    clearImmediate(this.#publishing);
    this.#wake.wake();
    await Promise.all(
      [...this.#initContainers, ...this.#containers].map((container) => container.stop(grace)),
    );
    await this.#finished;
    this.#releaseAddress();
  }

  /** Removes what the pod had on disk. */
  async clean(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #run(): Promise<void> {
    const pod = this.#pod;
    const { phase } = pod.status ?? {};
    const over = phase === 'Succeeded' || phase === 'Failed';
    if (!over && pod.metadata.deletionTimestamp === undefined) await this.#setUp();
    const environment = this.#environment();
    const make = (isInit: boolean) => {
      const specs = (isInit ? pod.spec.initContainers : pod.spec.containers) ?? [];
      const before = isInit ? pod.status?.initContainerStatuses : pod.status?.containerStatuses;
      return specs.map(
        (spec) =>
          new Container(
            environment,
            spec,
            isInit,
            before?.find(({ name }) => name === spec.name),
          ),
      );
    };
    this.#initContainers = make(true);
    this.#containers = make(false);
    if (over || this.#stopping || pod.metadata.deletionTimestamp !== undefined) return;
    this.#changed();
    if (!(await this.#mount())) return;
    this.#watchDeadline();
    for (const container of this.#initContainers) {
      const code = await container.run();
      if (this.#stopping || code !== 0) return;
    }
    await Promise.all(this.#containers.map((container) => container.run()));
    if (this.#stopping) return;
    this.#cancelDeadline();
    this.#publishNow();
    this.#releaseAddress();
  }

  async #setUp(): Promise<void> {
    const { addresses } = this.#node;
    if (addresses === undefined) {
      await this.#takePorts();
      return;
    }
    const before = this.#pod.status?.podIP;
    if (before !== undefined && addresses.contains(before)) {
      addresses.take(before);
      this.#address = before;
    } else this.#address = addresses.allocate();
    if (this.#address === undefined) {
      this.#tell('Warning', 'FailedCreatePodSandBox', 'all addresses of the pod network are in use');
      this.#failure = { reason: 'OutOfAddresses', message: 'all addresses of the pod network are in use' };
    }
  }

  /** Where pods share one address, each container port gets a free one, and the pod says which. */
  async #takePorts(): Promise<void> {
    this.#address = this.#node.hostAddress;
    const noted = this.#pod.metadata.annotations?.[HOST_PORTS];
    const known = noted === undefined ? {} : (JSON.parse(noted) as Record<string, number>);
    const ports: Record<string, number> = {};
    for (const { containerPort } of this.#pod.spec.containers.flatMap((container) => container.ports ?? [])) {
      ports[String(containerPort)] = known[String(containerPort)] ?? (await freePort(this.#address));
    }
    this.#ports = ports;
    const { metadata } = this.#pod;
    const live = this.#node.cluster.get<Pod>(types.pods, metadata.namespace, metadata.name);
    if (live === undefined || Object.keys(ports).length === 0) return;
    const annotations = { ...live.metadata.annotations, [HOST_PORTS]: JSON.stringify(ports) };
    this.#pod = this.#node.cluster.update<Pod>(types.pods, {
      ...live,
      metadata: { ...live.metadata, annotations },
    });
  }

  #environment(): PodEnvironment {
    const { cluster, clock, images, records, hostAddress, names, preload } = this.#node;
    return {
      cluster,
      clock,
      images,
      records,
      folder: this.folder,
      address: this.#address ?? hostAddress,
      hostAddress,
      ports: this.#ports,
      names,
      preload,
      pod: () => this.#pod,
      changed: () => {
        this.#changed();
      },
      tell: (type, reason, message, container, isInit) => {
        this.#tell(type, reason, message, `spec.${isInit ? 'initContainers' : 'containers'}{${container}}`);
      },
    };
  }

  /** Makes the volumes; waits for ConfigMaps and Secrets that are not there yet. False when it was stopped. */
  async #mount(): Promise<boolean> {
    let told = '';
    while (!this.#stopping) {
      try {
        await mkdir(this.folder, { recursive: true, mode: 0o700 });
        await prepareVolumes(this.#node.cluster, this.#pod, join(this.folder, 'volumes'));
        this.#mounted = true;
        this.#changed();
        return !this.#stopping;
      } catch (error) {
        const message = `MountVolume.SetUp failed: ${messageOf(error)}`;
        if (message !== told) this.#tell('Warning', 'FailedMount', message);
        told = message;
        await this.#wake.sleep(this.#node.clock, MOUNT_RETRY);
      }
    }
    return false;
  }

  #watchDeadline(): void {
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    if (seconds === undefined) return;
    const { clock } = this.#node;
    const rest = this.#startTime + seconds * 1000 - clock.now();
    this.#cancelDeadline = clock.after(Math.max(0, rest), () => {
      const message = 'Pod was active on the node longer than the specified deadline';
      this.#failure = { reason: 'DeadlineExceeded', message };
      this.#tell('Normal', 'DeadlineExceeded', message);
      this.#stopping = true;
      const grace = (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
      void Promise.all(
        [...this.#initContainers, ...this.#containers].map((container) => container.stop(grace)),
      ).then(() => {
        this.#publishNow();
      });
    });
  }

  /** Ends a deleted pod within its grace period, tells how it ended, and lets the object go. */
  async #terminate(grace: number): Promise<void> {
    if (this.#terminating !== undefined && grace >= this.#terminating) return;
    const first = this.#terminating === undefined;
    this.#terminating = grace;
    this.#stopping = true;
    this.#cancelDeadline();
    this.#wake.wake();
    const stops = [...this.#initContainers, ...this.#containers].map((container) => container.stop(grace));
    this.#changed();
    if (!first) return; // The shorter grace period is on its way; the first call finishes.
    await Promise.all(stops);
    await this.#finished;
    if (this.#ended) return;
    this.#publishNow();
    this.#ended = true;
    this.#releaseAddress();
    const { namespace, name } = this.#pod.metadata;
    try {
      this.#node.cluster.delete(types.pods, namespace, name, {
        gracePeriodSeconds: 0,
        preconditions: { uid: this.uid },
      });
    } catch (error) {
      this.#node.log.info(`pod ${namespace ?? ''}/${name} was replaced before it ended: ${messageOf(error)}`);
    }
  }

  #releaseAddress(): void {
    if (this.#address !== undefined) this.#node.addresses?.release(this.#address);
  }

  #changed(): void {
    if (this.#ended) return;
    this.#publishing ??= setImmediate(() => {
      this.#publishNow();
    });
  }

  #publishNow(): void {
    clearImmediate(this.#publishing);
    this.#publishing = undefined;
    if (this.#ended) return;
    const { cluster, clock, log } = this.#node;
    const { namespace, name } = this.#pod.metadata;
    const live = cluster.get<Pod>(types.pods, namespace, name);
    if (live?.metadata.uid !== this.uid) return;
    try {
      this.#pod = cluster.update<Pod>(
        types.pods,
        { ...live, status: podStatus(live, this.#view(), clock.now()) },
        'status',
      );
    } catch (error) {
      log.warn(`status of pod ${namespace ?? ''}/${name}: ${messageOf(error)}`);
    }
  }

  #view(): PodView {
    return {
      initContainers: this.#initContainers.map(({ view }) => view),
      containers: this.#containers.map(({ view }) => view),
      address: this.#address,
      hostAddress: this.#node.hostAddress,
      startTime: this.#startTime,
      mounted: this.#mounted,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  #tell(type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    this.#node.events.record('kubelet', this.#pod, type, reason, message, fieldPath);
  }
}

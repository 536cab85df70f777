import { randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container as ContainerSpec, ContainerState, ContainerStatus } from 'kubernetes-types/core/v1';
import { messageOf } from '../../../lib/errors.ts';
import { isInside } from '../../../lib/fs.ts';
import { timestamp } from '../controllers/clock.ts';
import { ContainerError, nodeArguments } from './command.ts';
import { ContainerLog } from './container-log.ts';
import { startProcess, type ContainerProcess, type Exit, type ProcessOptions } from './container-process.ts';
import { buildEnvironment, quantity } from './environment.ts';
import { runCommand } from './exec.ts';
import { pullImage } from './image-pull.ts';
import type { Image } from './image-store.ts';
import type { PodEnvironment } from './pod-environment.ts';
import type { ContainerView } from './pod-status.ts';
import { createTranslation } from './preload-files.ts';
import { probeOnce, startProbe, type ProbeTarget, type RunningProbe } from './probes.ts';
import { Wakeup } from './wakeup.ts';
import { mountsOf } from './volumes.ts';

const FIRST_BACKOFF = 10_000;
const LONGEST_BACKOFF = 300_000;
/** A container that ran so long has recovered. */
const BACKOFF_RESET = 600_000;
/** How long a container with a missing ConfigMap or Secret waits, unless something wakes it before. */
const CONFIG_RETRY = 10_000;
/** Milliseconds between being told to go and the signal: proxies have let go of the pod by then. */
const DRAIN = 50;

/** One container of a pod: starts it, probes it, starts it again as the restart policy says, and ends it. */
export class Container {
  readonly spec: ContainerSpec;
  readonly #pod: PodEnvironment;
  readonly #isInit: boolean;
  readonly #wake = new Wakeup();
  #state: ContainerState = { waiting: { reason: 'PodInitializing' } };
  #lastState: ContainerState = {};
  #restartCount = 0;
  #started = false;
  #ready = false;
  #image: Image | undefined;
  #containerID: string | undefined;
  #process: ContainerProcess | undefined;
  #options: ProcessOptions | undefined;
  #probes: RunningProbe[] = [];
  #backoff = 0;
  #stopping = false;
  #noteStop: () => void = () => undefined;
  readonly #stopped = new Promise<void>((resolve) => {
    this.#noteStop = resolve;
  });
  #killed: 'liveness' | 'startup' | undefined;
  #log: ContainerLog | undefined;
  #previousLog: ContainerLog | undefined;

  constructor(
    pod: PodEnvironment,
    spec: ContainerSpec,
    isInit: boolean,
    before: ContainerStatus | undefined,
  ) {
    this.#pod = pod;
    this.spec = spec;
    this.#isInit = isInit;
    if (pod.pod().spec.initContainers?.length === undefined || isInit) {
      this.#state = { waiting: { reason: 'ContainerCreating' } };
    }
    if (before !== undefined) this.#resume(before);
  }

  get view(): ContainerView {
    return {
      name: this.spec.name,
      image: this.spec.image ?? '',
      imageID: this.#image?.id ?? '',
      containerID: this.#containerID,
      state: this.#state,
      lastState: this.#lastState,
      restartCount: this.#restartCount,
      started: this.#started,
      ready: this.#ready,
    };
  }

  /** The digest of the image that it uses. */
  get imageDigest(): string | undefined {
    return this.#image?.digest;
  }

  /** The log of this or the previous start; undefined when there was none. */
  log(previous: boolean): ContainerLog | undefined {
    return previous ? this.#previousLog : this.#log;
  }

  /** How to run something beside the program; undefined while it does not run. */
  get processOptions(): ProcessOptions | undefined {
    return this.#process === undefined ? undefined : this.#options;
  }

  /** Something that it may wait for has changed. */
  kick(): void {
    if (this.#state.waiting?.reason === 'CreateContainerConfigError') this.#wake.wake();
  }

  /** Runs the container until it needs no further start, or is stopped. Gives the last exit code. */
  async run(): Promise<number> {
    if (this.#state.terminated !== undefined && !this.#restarts(this.#state.terminated.exitCode)) {
      return this.#state.terminated.exitCode;
    }
    while (!this.#stopping) {
      const exit = await this.#once();
      if (exit === undefined) continue;
      if (this.#stopping || !this.#restarts(exit)) return exit;
      await this.#backOff();
    }
    return this.#state.terminated?.exitCode ?? 137;
  }

  /** Ends the container: the preStop hook, SIGTERM, and after `grace` milliseconds SIGKILL. */
  async stop(grace: number): Promise<void> {
    const first = !this.#stopping;
    this.#stopping = true;
    this.#noteStop();
    this.#endProbes();
    this.#wake.wake();
    const process = this.#process;
    if (process === undefined) {
      if (first && this.#state.running === undefined && this.#state.terminated === undefined) return;
      return;
    }
    if (first && grace > 0) {
      this.#tell('Normal', 'Killing', `Stopping container ${this.spec.name}`);
      this.#ready = false;
    }
    const { clock } = this.#pod;
    const cancel = clock.after(grace, () => {
      process.signal('SIGKILL');
    });
    if (grace > 0 && first) {
      await Promise.race([this.#preStop(grace), process.exited]);
      await new Promise<void>((resolve) => {
        setTimeout(resolve, Math.min(DRAIN, grace));
      });
      process.signal((this.#image?.config.config?.StopSignal as NodeJS.Signals | undefined) ?? 'SIGTERM');
    }
    await process.exited;
    cancel();
  }

  /** One start of the container; undefined when it could not start and has waited to try again. */
  async #once(): Promise<number | undefined> {
    try {
      this.#image = await pullImage(
        this.#pod,
        this.spec,
        this.#wake,
        () => this.#stopping,
        this.#stopped,
        (reason, message) => {
          this.#wait(reason, message);
        },
      );
      if (this.#image === undefined || this.#stopping) return undefined;
      const options = await this.#prepare(this.#image);
      if (this.#stopping) return undefined;
      const process = await startProcess(options, this.#pod.records);
      return await this.#attend(process, options);
    } catch (error) {
      const failure =
        error instanceof ContainerError
          ? error
          : new ContainerError('CreateContainerError', messageOf(error));
      return this.#couldNotStart(failure);
    }
  }

  async #couldNotStart({ reason, message }: ContainerError): Promise<number | undefined> {
    this.#wait(reason, message);
    this.#tell(
      'Warning',
      'Failed',
      reason === 'CreateContainerConfigError' ? `Error: ${message}` : `Error: ${reason}: ${message}`,
    );
    if (reason === 'CreateContainerConfigError') await this.#wake.sleep(this.#pod.clock, CONFIG_RETRY);
    else {
      this.#backoff = this.#backoff === 0 ? FIRST_BACKOFF : Math.min(LONGEST_BACKOFF, this.#backoff * 2);
      await this.#wake.sleep(this.#pod.clock, this.#backoff);
    }
    return undefined;
  }

  async #prepare(image: Image): Promise<ProcessOptions> {
    const { spec } = this;
    const { address, hostAddress, cluster, folder, ports } = this.#pod;
    const pod = this.#pod.pod();
    const settings = image.config.config;
    const environment = {
      ...buildEnvironment({
        cluster,
        pod,
        container: spec,
        image: settings?.Env ?? [],
        address,
        hostAddress,
      }),
      ...(Object.keys(ports).length === 0 ? {} : { PORT: String(this.#firstPort()) }),
    };
    const scratch = join(folder, 'containers', spec.name);
    const tmp = join(scratch, 'tmp');
    const message = join(scratch, 'termination-log');
    await mkdir(tmp, { recursive: true, mode: 0o700 });
    const volumes = mountsOf(spec, pod, join(folder, 'volumes'));
    const mounts: (readonly [string, string])[] = [
      ...(volumes.some(({ containerPath }) => containerPath === '/tmp') ? [] : [['/tmp', tmp] as const]),
      [spec.terminationMessagePath ?? '/dev/termination-log', message],
      ...volumes.map(({ containerPath, realPath }) => [containerPath, realPath] as const),
    ];
    const translate = createTranslation({ root: image.root, mounts });
    const toReal = (path: string) => String(translate(path));
    const workingDir =
      spec.workingDir ??
      (settings?.WorkingDir === undefined || settings.WorkingDir === '' ? '/' : settings.WorkingDir);
    const cwd = await this.#workingDirectory(image, toReal(workingDir), workingDir);
    const writable = [tmp, ...volumes.filter((mount) => mount.writable).map(({ realPath }) => realPath)];
    const limit = spec.resources?.limits?.memory;
    return {
      args: nodeArguments(spec, settings, environment, workingDir, toReal),
      environment,
      cwd,
      runtime: {
        address,
        hostname: pod.spec.hostname ?? pod.metadata.name,
        namespace: pod.metadata.namespace ?? '',
        root: image.root,
        mounts,
        ports,
        ownPorts: pod.spec.containers
          .flatMap((container) => container.ports ?? [])
          .map(({ containerPort }) => containerPort),
        names: this.#pod.names,
      },
      preload: this.#pod.preload,
      readable: volumes.map(({ realPath }) => realPath),
      writable: [message, ...writable],
      ...(limit === undefined ? {} : { memory: quantity(limit) }),
    };
  }

  /** Runtimes make a missing working directory; this one does so inside the image's folder or a volume. */
  async #workingDirectory(image: Image, real: string, name: string): Promise<string> {
    try {
      if (isInside(image.root, real)) await mkdir(real, { recursive: true });
      const resolved = await realpath(real);
      if (isInside(await realpath(image.root), resolved) || isInside(this.#pod.folder, real)) return real;
    } catch (error) {
      throw new ContainerError(
        'RunContainerError',
        `the working directory "${name}" cannot be used: ${messageOf(error)}`,
      );
    }
    throw new ContainerError('RunContainerError', `the working directory "${name}" leaves the image`);
  }

  async #attend(process: ContainerProcess, options: ProcessOptions): Promise<number> {
    const { clock } = this.#pod;
    const startedAt = clock.now();
    this.#process = process;
    this.#options = options;
    this.#killed = undefined;
    this.#containerID = `process://${randomBytes(32).toString('hex')}`;
    this.#openLog();
    process.stdout.on('data', (chunk: Buffer) => this.#log?.write('stdout', chunk));
    process.stderr.on('data', (chunk: Buffer) => this.#log?.write('stderr', chunk));
    this.#state = { running: { startedAt: timestamp(startedAt) } };
    this.#tell('Normal', 'Created', `Created container: ${this.spec.name}`);
    this.#tell('Normal', 'Started', `Started container ${this.spec.name}`);
    this.#beginProbes(process);
    this.#pod.changed();
    if (this.#stopping) process.signal('SIGKILL');
    const exit = await process.exited;
    this.#process = undefined;
    this.#endProbes();
    this.#log?.close();
    this.#ready = false;
    this.#started = false;
    const finishedAt = clock.now();
    if (finishedAt - startedAt >= BACKOFF_RESET) this.#backoff = 0;
    const { code, reason } = meaning(exit, options.memory !== undefined);
    const message = await this.#terminationMessage(options, code);
    this.#state = {
      terminated: {
        exitCode: code,
        reason,
        ...(message === '' ? {} : { message }),
        startedAt: timestamp(startedAt),
        finishedAt: timestamp(finishedAt),
        containerID: this.#containerID,
      },
    };
    this.#pod.changed();
    return code;
  }

  #openLog(): void {
    this.#previousLog?.remove();
    this.#previousLog =
      this.#log ??
      (this.#restartCount > 0 ? new ContainerLog(this.#logFile(this.#restartCount - 1)) : undefined);
    this.#log = new ContainerLog(this.#logFile(this.#restartCount));
    this.#log.open();
  }

  #logFile(start: number): string {
    return join(this.#pod.folder, 'logs', this.spec.name, `${start}.log`);
  }

  async #terminationMessage({ runtime }: ProcessOptions, code: number): Promise<string> {
    const path = this.spec.terminationMessagePath ?? '/dev/termination-log';
    const file = runtime.mounts.find(([place]) => place === path)?.[1] ?? '';
    const written = await readFile(file, 'utf8').catch(() => '');
    if (written !== '') return written.slice(0, 4096);
    if (code === 0 || this.spec.terminationMessagePolicy !== 'FallbackToLogsOnError') return '';
    return this.#log?.tail(80, 2048) ?? '';
  }

  #beginProbes(process: ContainerProcess): void {
    const { startupProbe, readinessProbe, livenessProbe } = this.spec;
    const { clock } = this.#pod;
    const target = this.#target();
    const begin = (
      kind: 'startup' | 'readiness' | 'liveness',
      probe: typeof startupProbe,
      onChange: (ok: boolean, message: string) => void,
    ) => {
      if (probe === undefined) return;
      const title = `${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}`;
      this.#probes.push(
        startProbe(kind, probe, target, clock, onChange, (message) => {
          this.#tell('Warning', 'Unhealthy', `${title} probe failed: ${message}`);
        }),
      );
    };
    const kill = (kind: 'liveness' | 'startup') => {
      this.#tell('Normal', 'Killing', `Container ${this.spec.name} failed ${kind} probe, will be restarted`);
      void this.#killForProbe(process, kind);
    };
    const started = () => {
      this.#started = true;
      this.#ready = readinessProbe === undefined;
      begin('readiness', readinessProbe, (ok) => {
        this.#ready = ok && !this.#stopping;
        this.#pod.changed();
      });
      begin('liveness', livenessProbe, (ok) => {
        if (!ok) kill('liveness');
      });
      this.#pod.changed();
    };
    process.onListening(() => {
      for (const probe of this.#probes) probe.kick();
    });
    if (this.#isInit || startupProbe === undefined) started();
    else {
      begin('startup', startupProbe, (ok) => {
        if (!ok) {
          kill('startup');
          return;
        }
        this.#endProbes();
        started();
      });
    }
  }

  async #killForProbe(process: ContainerProcess, kind: 'liveness' | 'startup'): Promise<void> {
    this.#killed = kind;
    this.#endProbes();
    this.#ready = false;
    this.#pod.changed();
    const grace = (this.#pod.pod().spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const cancel = this.#pod.clock.after(grace, () => {
      process.signal('SIGKILL');
    });
    process.signal('SIGTERM');
    await process.exited;
    cancel();
  }

  #endProbes(): void {
    for (const probe of this.#probes) probe.stop();
    this.#probes = [];
  }

  #target(): ProbeTarget {
    return {
      address: this.#pod.address,
      port: (port) => this.#port(port),
      exec: async (command, timeout) => {
        const options = this.processOptions;
        if (options === undefined) return { code: 1, output: 'the container is not running' };
        return runCommand(options, command, this.#pod.records, timeout);
      },
    };
  }

  #port(port: number | string): number {
    const number =
      typeof port === 'number'
        ? port
        : (this.spec.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port));
    if (Number.isNaN(number)) throw new Error(`couldn't find port: ${port}`);
    return this.#pod.ports[String(number)] ?? number;
  }

  #firstPort(): number {
    const [first] = this.spec.ports ?? [];
    return first === undefined ? 0 : this.#port(first.containerPort);
  }

  async #preStop(grace: number): Promise<void> {
    const hook = this.spec.lifecycle?.preStop;
    if (hook === undefined) return;
    const sleep = hook.sleep?.seconds;
    if (sleep !== undefined) {
      await new Promise<void>((resolve) => {
        this.#pod.clock.after(Math.min(grace, sleep * 1000), resolve);
      });
      return;
    }
    const result = await probeOnce(hook, this.#target(), grace);
    if (!result.ok) this.#tell('Warning', 'FailedPreStopHook', `PreStopHook failed: ${result.message}`);
  }

  #restarts(exitCode: number): boolean {
    const policy = this.#pod.pod().spec.restartPolicy ?? 'Always';
    if (this.#isInit) return exitCode !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  }

  /** The first restart comes at once, the next after 10 s, doubling up to 5 minutes. */
  async #backOff(): Promise<void> {
    this.#lastState = this.#state;
    const wait = this.#backoff;
    this.#backoff = wait === 0 ? FIRST_BACKOFF : Math.min(LONGEST_BACKOFF, wait * 2);
    if (wait > 0) {
      const { name, namespace = '', uid = '' } = this.#pod.pod().metadata;
      const what = `restarting failed container=${this.spec.name} pod=${name}_${namespace}(${uid})`;
      this.#wait('CrashLoopBackOff', `back-off ${duration(wait)} ${what}`);
      this.#tell(
        'Warning',
        'BackOff',
        `Back-off restarting failed container ${this.spec.name} in pod ${name}_${namespace}(${uid})`,
      );
      await this.#wake.sleep(this.#pod.clock, wait);
    }
    if (!this.#stopping) this.#restartCount += 1;
  }

  /** Goes on from what was written before the node ended: what was running then has ended with it. */
  #resume(before: ContainerStatus): void {
    this.#restartCount = before.restartCount;
    this.#lastState = before.lastState ?? {};
    this.#containerID = before.containerID;
    if (before.state?.terminated !== undefined) {
      this.#state = before.state;
      if (!this.#restarts(before.state.terminated.exitCode)) {
        this.#log = new ContainerLog(this.#logFile(before.restartCount));
        return;
      }
      this.#lastState = before.state;
      this.#restartCount += 1;
    } else if (before.state?.running !== undefined) {
      const { startedAt } = before.state.running;
      this.#lastState = {
        terminated: {
          exitCode: 255,
          reason: 'Unknown',
          message: 'the node has restarted',
          ...(startedAt === undefined ? {} : { startedAt }),
          finishedAt: timestamp(this.#pod.clock.now()),
          ...(before.containerID === undefined ? {} : { containerID: before.containerID }),
        },
      };
      this.#restartCount += 1;
    }
    this.#state = { waiting: { reason: 'ContainerCreating' } };
  }

  #wait(reason: string, message?: string): void {
    this.#state = { waiting: { reason, ...(message === undefined ? {} : { message }) } };
    this.#pod.changed();
  }

  #tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#pod.tell(type, reason, message, this.spec.name, this.#isInit);
  }

  /** Which probe had the container killed, if one has. */
  get killedBy(): string | undefined {
    return this.#killed;
  }
}

function meaning({ code, signal }: Exit, limited: boolean): { code: number; reason: string } {
  // A heap that is full ends node with SIGABRT; with a memory limit that is what the kernel's killer would do.
  if (limited && (signal === 'SIGABRT' || code === 134)) return { code: 137, reason: 'OOMKilled' };
  return { code, reason: code === 0 ? 'Completed' : 'Error' };
}

/** `10s`, `2m40s`: as Go writes durations. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

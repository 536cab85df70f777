import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container as ContainerSpec, ContainerState, ContainerStatus } from 'kubernetes-types/core/v1';
import { messageOf } from '../../../lib/errors.ts';
import { timestamp } from '../controllers/clock.ts';
import { ContainerError } from './command.ts';
import { durationOf, meaningOf } from './container-exit.ts';
import { ContainerLog } from './container-log.ts';
import { planContainer, realPort } from './container-plan.ts';
import { ContainerProbes } from './container-probes.ts';
import { startProcess, type ContainerProcess, type ProcessOptions } from './container-process.ts';
import { runCommand } from './exec.ts';
import { pullImage } from './image-pull.ts';
import type { Image } from './image-store.ts';
import type { PodEnvironment } from './pod-environment.ts';
import type { ContainerView } from './pod-status.ts';
import { probeOnce, type ProbeTarget } from './probes.ts';
import { Wakeup } from './wakeup.ts';

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
  #probes: ContainerProbes | undefined;
  #backoff = 0;
  #stopping = false;
  #noteStop: () => void = () => undefined;
  readonly #stopped = new Promise<void>((resolve) => {
    this.#noteStop = resolve;
  });
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
    this.#probes?.stop();
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
      const options = await planContainer(this.#pod, this.spec, this.#image);
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

  async #attend(process: ContainerProcess, options: ProcessOptions): Promise<number> {
    const { clock } = this.#pod;
    const startedAt = clock.now();
    this.#process = process;
    this.#options = options;
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
    this.#probes?.stop();
    this.#log?.close();
    this.#ready = false;
    this.#started = false;
    const finishedAt = clock.now();
    if (finishedAt - startedAt >= BACKOFF_RESET) this.#backoff = 0;
    const { code, reason } = meaningOf(exit, options.memory !== undefined);
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
    const { spec } = this;
    this.#probes = new ContainerProbes(this.#isInit ? {} : spec, this.#target(), this.#pod.clock, {
      started: () => {
        this.#started = true;
        this.#pod.changed();
      },
      ready: (ready) => {
        this.#ready = ready && !this.#stopping;
        this.#pod.changed();
      },
      failed: (kind, message) => {
        this.#tell('Warning', 'Unhealthy', `${kind} probe failed: ${message}`);
      },
      kill: (kind) => {
        this.#tell('Normal', 'Killing', `Container ${spec.name} failed ${kind} probe, will be restarted`);
        void this.#killForProbe(process);
      },
    });
    process.onListening(() => this.#probes?.kick());
    this.#probes.start();
  }

  async #killForProbe(process: ContainerProcess): Promise<void> {
    this.#probes?.stop();
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

  #target(): ProbeTarget {
    return {
      address: this.#pod.address,
      port: (port) => realPort(this.#pod, this.spec, port),
      exec: async (command, timeout) => {
        const options = this.processOptions;
        if (options === undefined) return { code: 1, output: 'the container is not running' };
        return runCommand(options, command, this.#pod.records, timeout);
      },
    };
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
      this.#wait('CrashLoopBackOff', `back-off ${durationOf(wait)} ${what}`);
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
}

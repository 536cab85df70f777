import type { Config } from '../config/schema.ts';
import type { Task } from '../lib/task.ts';

/** An address as it is seen from the laptop and from inside the cluster. */
interface Endpoint {
  readonly url: string;
  readonly clusterUrl: string;
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Where the five parts of the loop answer. All that comes after an engine's `up` starts from here. */
export interface Endpoints {
  readonly dashboard: Endpoint;
  readonly git: Endpoint & Credentials;
  /** `host:port`, as it stands in image references: on the laptop, and as the nodes of the cluster pull them. */
  readonly registry: { readonly host: string; readonly clusterHost: string } & Partial<Credentials>;
  readonly ci: Endpoint & Credentials;
  readonly gitops: Endpoint & Partial<Credentials> & { readonly webhookSecret: string };
  readonly kubernetes: {
    readonly kubeconfig: string;
    readonly context: string;
    readonly clusterUrl: string;
    /** Namespaces in which the parts themselves run, which `reset` leaves alone; none where they are no pods. */
    readonly parts?: readonly string[];
    /** Whether others use the cluster too: then nothing is touched but what the playground has made. */
    readonly shared?: boolean;
  };
  /** The port at which `http://<host>.localhost:PORT` reaches the ingress. */
  readonly ingress: { readonly port: number };
}

/** The parts whose logs `logs [component]` shows. */
export const components = ['git', 'registry', 'ci', 'gitops', 'kubernetes'] as const;
export type Component = (typeof components)[number];

type EngineState =
  { readonly state: 'absent' } | { readonly state: 'stopped' | 'running'; readonly endpoints: Endpoints };

/** One look at the machine, for `doctor` and before `up`. */
export interface Finding {
  readonly title: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** The command or change that mends it. */
  readonly mend?: string;
}

/** A step of bringing an engine up, told while it happens. */
export type Progress = (message: string) => void;

export type EngineId = 'embedded' | 'k3d' | 'kubernetes';

/** What can be broken below the standard APIs, where only an engine reaches. */
export const engineFaults = ['registry-down', 'slow-git', 'node-not-ready'] as const;
export type EngineFault = (typeof engineFaults)[number];

/** Breaks parts on purpose, for teaching, and mends them. What is broken stays so over restarts, until it is mended. */
interface EngineFaults {
  list(name: string): Promise<readonly EngineFault[]>;
  /** Breaks the part or mends it; does nothing where it is so already. The playground has to run. */
  set(name: string, fault: EngineFault, broken: boolean): Promise<void>;
}

/** A copy of everything that a playground holds. */
export interface Snapshot {
  readonly name: string;
  /** ISO 8601. */
  readonly savedAt: string;
  readonly bytes: number;
  readonly files: number;
  /** The stages that answered then. */
  readonly stages: readonly string[];
}

/** Copies of everything: repositories with pull requests, builds, images, live objects, and what is broken on purpose. */
export interface EngineSnapshots {
  /** Newest first. One that cannot be used is among them, with the reason. */
  list(name: string): Promise<readonly (Snapshot | UnusableSnapshot)[]>;
  /**
   * Copies a playground that runs, and does not stop it. A copy that is interrupted leaves nothing.
   * @param stages those that answer now, to be remembered with it.
   * @throws PlaygroundError `snapshot-exists`.
   */
  save(name: string, snapshot: string, stages: readonly string[]): Promise<Snapshot>;
  /**
   * Puts the copy in place of what is there now, after every file of it was verified. Gives when all parts answer again, at
   * their addresses. One that is interrupted has changed nothing or everything, and may be repeated.
   * @throws PlaygroundError `no-snapshot`, `snapshot-version`, `snapshot-foreign`, `snapshot-damaged`; then nothing has changed.
   */
  restore(name: string, snapshot: string, progress: Progress, signal: AbortSignal): Promise<Snapshot>;
  /** @throws PlaygroundError `no-snapshot`. */
  delete(name: string, snapshot: string): Promise<void>;
}

export interface UnusableSnapshot {
  readonly name: string;
  readonly problem: string;
}

/** Brings the five endpoints to life and takes them away again; nothing else differs between engines. */
export interface Engine {
  readonly id: EngineId;
  /** Looks at what the engine needs of this machine. Changes nothing. */
  preflight(config?: Config): Promise<Finding[]>;
  /** Begins what takes long in any case, while the command still loads and plans. Of no effect when it ends before `up`. */
  prepare?(name: string): Promise<void>;
  /** Takes back what `prepare` began, where `up` does not follow after all. */
  abandon?(name: string): Promise<void>;
  /** What has to be done before `up`, as tasks that run side by side: images, the cluster, each part of it. */
  steps?(config: Config): readonly Task[];
  /** Starts what is not running, after its steps are done; on a running playground it changes nothing. */
  up(config: Config, progress: Progress, signal: AbortSignal): Promise<Endpoints>;
  /** The configuration that an existing playground was made with. */
  keptConfig(name: string): Promise<Config | undefined>;
  state(name: string): Promise<EngineState>;
  /** Ends what runs and keeps everything, so that `up` goes on from there. */
  stop(name: string): Promise<void>;
  /**
   * Removes everything that `up` made. Safe to repeat.
   * @param tell gets what the person should know when it is done.
   */
  down(name: string, progress: Progress, tell?: (note: string) => void): Promise<void>;
  logs(
    name: string,
    component: Component | undefined,
    follow: boolean,
    signal: AbortSignal,
  ): AsyncIterable<string>;
  /** Absent where the engine cannot break its parts. */
  readonly faults?: EngineFaults;
  /** Absent where the engine cannot copy its parts as a whole. */
  readonly snapshots?: EngineSnapshots;
}

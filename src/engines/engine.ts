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

/** Brings the five endpoints to life and takes them away again; nothing else differs between engines. */
export interface Engine {
  readonly id: EngineId;
  /** Looks at what the engine needs of this machine. Changes nothing. */
  preflight(config?: Config): Promise<Finding[]>;
  /** What has to be done before `up`, as tasks that run side by side: images, the cluster, each part of it. */
  steps?(config: Config): readonly Task[];
  /** Starts what is not running, after its steps are done; on a running playground it changes nothing. */
  up(config: Config, progress: Progress, signal: AbortSignal): Promise<Endpoints>;
  /** The configuration that an existing playground was made with. */
  keptConfig(name: string): Promise<Config | undefined>;
  state(name: string): Promise<EngineState>;
  /** Ends what runs and keeps everything, so that `up` goes on from there. */
  stop(name: string): Promise<void>;
  /** Removes everything that `up` made. Safe to repeat. */
  down(name: string, progress: Progress): Promise<void>;
  logs(
    name: string,
    component: Component | undefined,
    follow: boolean,
    signal: AbortSignal,
  ): AsyncIterable<string>;
}

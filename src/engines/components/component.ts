import type { KubeObject } from '../../clients/kubernetes.ts';
import type { Config } from '../../config/schema.ts';
import type { Ports } from '../../lib/ports.ts';
import type { Endpoints } from '../engine.ts';
import type { ChartName } from './pins.ts';

export type { PortName } from '../../lib/ports.ts';

/** What a component is for: the parts of the loop, or something that a person asked for beside them (`--with`). */
type ComponentId = 'git' | 'registry' | 'ci' | 'gitops' | (string & {});

/**
 * Everything that values and manifests are made of. The same settings give the same text, so components are rendered
 * and tested without a cluster.
 */
export interface ComponentSettings {
  readonly config: Config;
  readonly platform: 'k3d' | 'kubernetes';
  /** Both views of every part: from the laptop (`url`), and from inside the cluster (`clusterUrl`). */
  readonly endpoints: Endpoints;
  /**
   * Ports of the laptop's loopback. On k3d a Service of type NodePort with one of these as its `nodePort` answers on
   * that very port of the laptop; on `kubernetes` the engine forwards the port to the Service, which is a ClusterIP.
   */
  readonly ports: Readonly<Ports>;
  readonly secrets: ComponentSecrets;
  readonly registry: RegistrySettings;
  /** On every object that the playground makes, so that `down` finds what is its own. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface ComponentSecrets {
  /** The person's password on every part, and of the administrator of the GitOps operator. */
  readonly password: string;
  readonly webhookSecret: string;
  /** 40 random letters and digits that stay the same; for whatever else a component has to keep secret, derive from it. */
  readonly seed: string;
}

/** How the registry is reached. An image reference begins with `endpoints.registry.host` wherever it stands. */
interface RegistrySettings {
  /** `host:port` by which pods push and ask for tags, by plain HTTP; nodes and the laptop use `endpoints.registry.host`. */
  readonly podHost: string;
  /** Name of the container that is the registry of a k3d playground, resolvable in the cluster; undefined elsewhere. */
  readonly container?: string;
}

/** A Service that stands for a component: in the cluster at `http://<name>.<namespace>.svc.cluster.local:<port>`. */
interface ComponentService {
  readonly name: string;
  readonly port: number;
  /** Path below which it answers, such as `/scm`; empty unless told. */
  readonly path?: string;
}

/** A workload that has to be complete before the component counts as ready. */
export interface Workload {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job';
  readonly name: string;
  /** The component's unless told. */
  readonly namespace?: string;
}

interface ComponentChart {
  /** The chart's entry in the pins: repository, version, address and SHA-256. */
  readonly name: ChartName;
  /** Name of the Helm release. */
  readonly release: string;
  readonly values: (settings: ComponentSettings) => Readonly<Record<string, unknown>>;
}

/** Something that is installed into a cluster: pure data, of which the engines make a running part. */
export interface Component {
  readonly id: ComponentId;
  /** As an object of "install": "Jenkins", "Argo CD". */
  readonly title: string;
  /** Ids of the components that have to be ready before. Those that do not wait for each other are installed side by side. */
  readonly needs: readonly ComponentId[];
  /** Created with the labels before anything else of the component. */
  readonly namespace: string;
  /** Applied before the chart: Secrets that it refers to, for example. Objects without a namespace get the component's. */
  readonly before?: (settings: ComponentSettings) => readonly KubeObject[];
  readonly chart?: ComponentChart;
  /** Applied after the chart. */
  readonly manifests?: (settings: ComponentSettings) => readonly KubeObject[];
  /** The Service by which others reach it; needed by the four parts of the loop. */
  readonly service?: ComponentService;
  /** Image references that its pods use, pulled first and packed into bundles. */
  readonly images: (settings: ComponentSettings) => readonly string[];
  /** What to wait for, besides that the Service answers. */
  readonly ready: {
    readonly workloads: readonly Workload[];
    /** A path of the Service that answers 2xx or 3xx (seen from the laptop) when the part does its work. */
    readonly path?: string;
    /** Seconds until the wait gives up and shows events and logs; 300 unless told. */
    readonly limit?: number;
  };
  /** Memory that its pods ask for together, in MiB, and whether somebody has measured that they need it. */
  readonly memory?: { readonly mebibytes: number; readonly measured: boolean };
}

/** The address of a component's Service in the cluster. */
export function clusterUrlOf({ id, namespace, service }: Component): string {
  if (service === undefined) throw new Error(`the component ${id} has no Service`);
  return `http://${service.name}.${namespace}.svc.cluster.local:${service.port}${service.path ?? ''}`;
}

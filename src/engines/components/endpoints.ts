import { nameLabel } from '../../config/names.ts';
import type { Config } from '../../config/schema.ts';
import type { Endpoints } from '../engine.ts';
import { componentsOf } from './catalog.ts';
import { clusterUrlOf, type Component, type ComponentSettings, type PortName } from './component.ts';
import { clusterFolders, type ClusterState } from './state.ts';

/** What differs between a cluster of our own and one that is there already. */
export interface Platform {
  readonly id: ComponentSettings['platform'];
  readonly context: string;
  /** Name of the container that is the registry, where it is one. */
  readonly registryContainer?: string;
}

/** Where the parts of a playground in a cluster answer, from the laptop and from inside. */
export function clusterEndpoints(state: ClusterState, platform: Platform): Endpoints {
  const { config, ports, secrets } = state;
  const at = (id: 'git' | 'ci' | 'gitops') => {
    const component = componentOf(config, id);
    return { url: laptopUrl(component, ports), clusterUrl: clusterUrlOf(component) };
  };
  const person = { username: config.username, password: secrets.password };
  const dashboard = `http://127.0.0.1:${ports.dashboard}`;
  const registry = `localhost:${ports.registry}`;
  return {
    dashboard: { url: dashboard, clusterUrl: dashboard },
    git: { ...at('git'), ...person },
    registry: { host: registry, clusterHost: registry },
    ci: { ...at('ci'), ...person },
    gitops: {
      ...at('gitops'),
      ...(config.operator === 'argocd' ? { username: 'admin', password: secrets.password } : {}),
      webhookSecret: secrets.webhookSecret,
    },
    kubernetes: {
      kubeconfig: clusterFolders(config.name).kubeconfig,
      context: platform.context,
      clusterUrl: 'https://kubernetes.default.svc',
      parts: [...new Set(componentsOf(config).map(({ namespace }) => namespace))],
      shared: platform.id === 'kubernetes',
    },
    ingress: { port: ports.ingress },
  };
}

/** Everything that the components are rendered from. */
export function componentSettings(state: ClusterState, platform: Platform): ComponentSettings {
  const { config, ports, secrets } = state;
  const registry = componentOf(config, 'registry');
  return {
    config,
    platform: platform.id,
    endpoints: clusterEndpoints(state, platform),
    ports,
    secrets,
    registry: {
      podHost: new URL(clusterUrlOf(registry)).host,
      ...(platform.registryContainer === undefined ? {} : { container: platform.registryContainer }),
    },
    labels: { [nameLabel]: config.name },
  };
}

/** A component's Service as the laptop reaches it; undefined for those that have no port there. */
export function laptopUrl(component: Component, ports: ClusterState['ports']): string {
  const port = ports[component.id as PortName];
  return `http://127.0.0.1:${port}${component.service?.path ?? ''}`;
}

function componentOf(config: Config, id: string): Component {
  const component = componentsOf(config).find((candidate) => candidate.id === id);
  if (component === undefined) throw new Error(`no component is the part ${id}`);
  return component;
}

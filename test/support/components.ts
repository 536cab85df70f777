import { stringify } from 'yaml';
import { yamlText } from '../../src/engines/components/exposed.ts';
import { configSchema, type Config } from '../../src/config/schema.ts';
import { componentsOf } from '../../src/engines/components/catalog.ts';
import {
  clusterUrlOf,
  type Component,
  type ComponentSettings,
} from '../../src/engines/components/component.ts';

type Choice = Partial<Pick<Config, 'gitServer' | 'operator'>>;

/** Settings as an engine makes them, with the same secrets every time. */
export function componentSettings(
  platform: ComponentSettings['platform'],
  choice: Choice = {},
): ComponentSettings {
  const config = configSchema.parse({ engine: platform, ...choice });
  const part = (id: string): string => {
    const component = componentsOf(config).find((candidate) => candidate.id === id);
    if (component === undefined) throw new Error(`there is no component ${id}`);
    return clusterUrlOf(component);
  };
  const login = { username: config.username, password: 'correct-horse-battery' };
  const ports = {
    ...{ dashboard: 8400, git: 8401, registry: 8402, ci: 8403 },
    ...{ gitops: 8404, kubernetes: 8405, ingress: 8406 },
  };
  const url = (port: number) => `http://localhost:${port}`;
  return {
    config,
    platform,
    ports,
    endpoints: {
      dashboard: { url: url(ports.dashboard), clusterUrl: url(ports.dashboard) },
      git: { url: url(ports.git), clusterUrl: part('git'), ...login },
      registry: { host: `localhost:${ports.registry}`, clusterHost: `localhost:${ports.registry}` },
      ci: { url: url(ports.ci), clusterUrl: part('ci'), ...login },
      gitops: {
        ...{ url: url(ports.gitops), clusterUrl: part('gitops'), webhookSecret: 'a-secret-of-webhooks' },
        ...(config.operator === 'argocd' ? { username: 'admin', password: login.password } : {}),
      },
      kubernetes: {
        ...{ kubeconfig: '/home/anna/kubeconfig', context: 'playground' },
        clusterUrl: 'https://kubernetes.default.svc',
      },
      ingress: { port: ports.ingress },
    },
    secrets: {
      ...{ password: login.password, webhookSecret: 'a-secret-of-webhooks' },
      seed: 'seedseedseedseedseedseedseedseedseedseed',
    },
    registry: {
      podHost: 'registry.registry.svc.cluster.local:5000',
      ...(platform === 'k3d' ? { container: 'k3d-playground-registry' } : {}),
    },
    labels: { 'app.kubernetes.io/part-of': 'gitops-playground' },
  };
}

/** Each component of every choice, with the settings that it is rendered for. */
export function everyComponent(
  platform: ComponentSettings['platform'],
): { readonly name: string; readonly component: Component; readonly settings: ComponentSettings }[] {
  const choices: Choice[] = [{}, { gitServer: 'scm-manager' }, { operator: 'flux' }];
  const found = new Map<
    string,
    { readonly name: string; readonly component: Component; readonly settings: ComponentSettings }
  >();
  for (const choice of choices) {
    const settings = componentSettings(platform, choice);
    for (const component of componentsOf(settings.config)) {
      const name = component.chart?.name ?? component.id;
      if (!found.has(name)) found.set(name, { name, component, settings });
    }
  }
  return [...found.values()];
}

/** What is installed into a cluster, as files: Helm values and objects of each component on each platform. */
export function goldenComponents(): Map<string, string> {
  const files = new Map<string, string>();
  for (const platform of ['k3d', 'kubernetes'] as const) {
    for (const { name, component, settings } of everyComponent(platform)) {
      const at = `components/${platform}/${name}`;
      if (component.chart !== undefined) {
        files.set(`${at}/values.yaml`, stringify(component.chart.values(settings), yamlText));
      }
      const objects = [...(component.before?.(settings) ?? []), ...(component.manifests?.(settings) ?? [])];
      if (objects.length > 0) {
        const documents = objects.map((object) => stringify(object, yamlText));
        files.set(`${at}/objects.yaml`, documents.join('---\n'));
      }
    }
  }
  return files;
}

import type { KubeObject } from '../../clients/kubernetes.ts';
import type { ComponentSettings, PortName } from './component.ts';

/**
 * How a Service of the loop answers on the laptop: by its NodePort on k3d; elsewhere the engine forwards to it. Values of a
 * chart's Service take these fields as they are.
 */
export function exposed(
  { platform, ports }: ComponentSettings,
  port: PortName,
): { readonly type: 'NodePort'; readonly nodePort: number } | { readonly type: 'ClusterIP' } {
  return platform === 'k3d' ? { type: 'NodePort', nodePort: ports[port] } : { type: 'ClusterIP' };
}

/** What a pod asks for and may use at most; no limit of CPU, which only makes the start slow. */
export function resources(cpu: string, memory: string, limit: string) {
  return { requests: { cpu, memory }, limits: { memory: limit } };
}

/** A Secret with these texts, in the component's namespace. */
export function secret(
  name: string,
  stringData: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
): KubeObject {
  const metadata = Object.keys(labels).length === 0 ? { name } : { name, labels };
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', stringData };
}

/** How YAML is written inside values: no line is broken, and nothing refers to something above it. */
export const yamlText = { lineWidth: 0, aliasDuplicateObjects: false } as const;

/** `host`, `host:port` or a URL's host without its port. */
export function hostOf(url: string): string {
  return new URL(url).hostname;
}

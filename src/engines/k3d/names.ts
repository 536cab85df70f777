import { createHash } from 'node:crypto';
import type { Platform } from '../components/endpoints.ts';

/** k3d refuses longer names of clusters. */
const LONGEST = 32;

/** By these labels everything that belongs to a playground is found again; nothing else says what is ours. */
export const playgroundLabel = 'io.gitops-playground.name';
const managedLabel = 'io.gitops-playground.managed';

/** The names of what a playground has in the Docker engine. */
export function dockerNames(name: string) {
  const cluster = clusterName(name);
  return {
    cluster,
    network: cluster,
    registry: `${cluster}-registry`,
    registryVolume: `${cluster}-registry`,
  };
}

export function labelsOf(name: string): Record<string, string> {
  return { [managedLabel]: 'true', [playgroundLabel]: name };
}

/** What the components have to know of a cluster in k3d. */
export function platformOf(name: string): Platform {
  const { cluster, registry } = dockerNames(name);
  return { id: 'k3d', context: `k3d-${cluster}`, registryContainer: registry };
}

/** `gp-NAME`; a long name is cut, and told apart by a part of its SHA-256. */
function clusterName(name: string): string {
  const whole = `gp-${name}`;
  if (whole.length <= LONGEST) return whole;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${whole.slice(0, LONGEST - mark.length - 1).replace(/-+$/, '')}-${mark}`;
}

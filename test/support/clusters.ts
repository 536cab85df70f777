import { clusterConfig, type ClusterSettings } from '../../src/engines/k3d/cluster-config.ts';
import { imagePin, imageTagged } from '../../src/engines/components/pins.ts';
import type { Ports } from '../../src/lib/ports.ts';

/** Ports in a row from the first one on, as a playground has them. */
function portsFrom(first: number): Ports {
  return {
    dashboard: first,
    git: first + 1,
    registry: first + 2,
    ci: first + 3,
    gitops: first + 4,
    kubernetes: first + 5,
    ingress: first + 6,
  };
}

const settings: Readonly<Record<string, ClusterSettings>> = {
  default: {
    name: 'default',
    ports: portsFrom(8400),
    image: imagePin('k3s'),
    mirrored: ['docker.io', 'ghcr.io'],
    env: {},
  },
  'behind-a-proxy': {
    name: 'a-playground-whose-name-is-rather-long',
    ports: portsFrom(8430),
    image: imageTagged('k3s'),
    mirrored: ['docker.io'],
    env: { HTTP_PROXY: 'http://proxy.example:3128', NO_PROXY: 'localhost,.svc' },
  },
};

/** The configuration files of clusters, as k3d reads them. */
export function goldenClusters(): [string, string][] {
  return Object.entries(settings).map(([name, values]) => [`clusters/${name}.yaml`, clusterConfig(values)]);
}

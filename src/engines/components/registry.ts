import type { KubeObject } from '../../clients/kubernetes.ts';
import type { Service } from '../../clients/kubernetes-objects.ts';
import type { Component, ComponentSettings } from './component.ts';
import { imagePin } from './pins.ts';

/** Settings of the registry's program (CNCF distribution 3), in the form of its environment. */
export const registryEnvironment = {
  // `reset` deletes the images of a lesson.
  REGISTRY_STORAGE_DELETE_ENABLED: 'true',
  // A bundle brings the images of one platform, with indexes that name all.
  REGISTRY_VALIDATION_MANIFESTS_INDEXES_PLATFORMS: 'none',
  REGISTRY_HTTP_DEBUG_ADDR: ':5001',
  REGISTRY_HTTP_DEBUG_PROMETHEUS_ENABLED: 'true',
} as const;

const namespace = 'registry';
const name = 'registry';
const port = 5000;
const selector = { 'app.kubernetes.io/name': name };
/** Where the add-on monitoring asks; a Service of its own, as that of the registry itself is open to the nodes. */
const metrics = { name: 'registry-metrics', port: 5001 } as const;

/** Room for the images of a playground in an existing cluster. */
const STORAGE = '10Gi';

/**
 * The registry under one name for pods. On k3d it is a container beside the cluster, which outlives the nodes and serves
 * them as a mirror; in an existing cluster it is a Deployment, which nodes reach by its NodePort at localhost.
 */
export const registry: Component = {
  id: 'registry',
  title: 'the registry',
  needs: [],
  namespace,
  manifests: (settings) => {
    const { container } = settings.registry;
    return container === undefined ? inCluster(settings) : [name, metrics.name].map(aliasOf(container));
  },
  service: { name, port },
  images: ({ registry: { container } }) => (container === undefined ? [imagePin('registry')] : []),
  ready: { workloads: [], path: '/v2/' },
};

/** Names of the cluster for the container: its address may change with every start, its name does not. */
function aliasOf(container: string): (service: string) => KubeObject {
  return (service) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service },
    spec: { type: 'ExternalName', externalName: container },
  });
}

/**
 * The Service by which nodes reach the registry at their own localhost.
 * @param nodePort is part of the name of every image; the cluster chooses unless told.
 */
export function nodeService(nodePort?: number): Service {
  const wanted = nodePort === undefined ? {} : { nodePort };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'NodePort', selector, ports: [{ name: 'http', port, targetPort: 'http', ...wanted }] },
  };
}

function inCluster({ ports }: ComponentSettings): KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: STORAGE } } },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels: selector },
      spec: {
        replicas: 1,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: selector },
          spec: {
            automountServiceAccountToken: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65_532,
              fsGroup: 65_532,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [
              {
                name,
                image: imagePin('registry'),
                env: Object.entries(registryEnvironment).map(([key, value]) => ({ name: key, value })),
                ports: [
                  { name: 'http', containerPort: port },
                  { name: 'metrics', containerPort: metrics.port },
                ],
                readinessProbe: { httpGet: { path: '/v2/', port: 'http' } },
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
                resources: {
                  requests: { cpu: '20m', memory: '64Mi' },
                  limits: { memory: '256Mi' },
                },
                volumeMounts: [{ name: 'storage', mountPath: '/var/lib/registry' }],
              },
            ],
            volumes: [{ name: 'storage', persistentVolumeClaim: { claimName: name } }],
          },
        },
      },
    },
    nodeService(ports.registry),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: metrics.name },
      spec: { selector, ports: [{ name: 'metrics', port: metrics.port, targetPort: 'metrics' }] },
    },
  ];
}

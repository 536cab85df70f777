import type { ControllerContext, Stop } from './controller.ts';
import { stopAll } from './controller.ts';
import { types, type ConfigMap, type Namespace } from './objects.ts';
import { WorkQueue } from './work-queue.ts';

const ROOT_CA = 'kube-root-ca.crt';

/** Gives every namespace its ServiceAccount `default` and the ConfigMap with the cluster's CA certificate. */
export function startServiceAccountController(context: ControllerContext, caCertificate: string): Stop {
  const { cluster, clock, log } = context;
  const queue = new WorkQueue({
    name: 'serviceaccounts',
    clock,
    log,
    reconcile: (namespace) => {
      const found = cluster.get<Namespace>(types.namespaces, undefined, namespace);
      if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
      if (cluster.get(types.serviceAccounts, namespace, 'default') === undefined) {
        cluster.create(types.serviceAccounts, {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'default', namespace },
        });
      }
      const map = cluster.get<ConfigMap>(types.configMaps, namespace, ROOT_CA);
      const data = { 'ca.crt': caCertificate };
      if (map === undefined) {
        cluster.create<ConfigMap>(types.configMaps, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: {
            name: ROOT_CA,
            namespace,
            annotations: {
              'kubernetes.io/description':
                'Contains a CA bundle that can be used to verify the kube-apiserver.',
            },
          },
          data,
        });
      } else if (map.data?.['ca.crt'] !== caCertificate) {
        cluster.update<ConfigMap>(types.configMaps, { ...map, data });
      }
    },
  });
  const added = ({ metadata }: { metadata: { namespace?: string; name: string } }, name: string) => {
    if (metadata.name === name) queue.add(metadata.namespace ?? '');
  };
  return stopAll([
    cluster.subscribe<Namespace>(types.namespaces, ({ type, object }) => {
      if (type === 'ADDED') queue.add(object.metadata.name);
    }),
    cluster.subscribe(types.serviceAccounts, ({ type, object }) => {
      if (type === 'DELETED') added(object, 'default');
    }),
    cluster.subscribe(types.configMaps, ({ type, object }) => {
      if (type !== 'ADDED') added(object, ROOT_CA);
    }),
    () => {
      queue.stop();
    },
  ]);
}

import type { ControllerContext, Stop } from './controller.ts';
import { stopAll } from './controller.ts';
import { types, type Namespace } from './objects.ts';
import { WorkQueue } from './work-queue.ts';

/** Gives every namespace its ServiceAccount `default`, also when somebody deletes it. */
export function startServiceAccountController(context: ControllerContext): Stop {
  const { cluster, clock, log } = context;
  const queue = new WorkQueue({
    name: 'serviceaccounts',
    clock,
    log,
    reconcile: (namespace) => {
      const found = cluster.get<Namespace>(types.namespaces, undefined, namespace);
      if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
      if (cluster.get(types.serviceAccounts, namespace, 'default') !== undefined) return;
      cluster.create(types.serviceAccounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace },
      });
    },
  });
  return stopAll([
    cluster.subscribe<Namespace>(types.namespaces, ({ type, object }) => {
      if (type === 'ADDED') queue.add(object.metadata.name);
    }),
    cluster.subscribe(types.serviceAccounts, ({ type, object: { metadata } }) => {
      if (type === 'DELETED' && metadata.name === 'default') queue.add(metadata.namespace ?? '');
    }),
    () => {
      queue.stop();
    },
  ]);
}

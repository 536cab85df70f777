import type { NamespaceCondition } from 'kubernetes-types/core/v1';
import type { ControllerContext, Stop } from './controller.ts';
import { stopAll } from './controller.ts';
import { timestamp } from './clock.ts';
import { types, type Namespace } from './objects.ts';
import { WorkQueue } from './work-queue.ts';

/** Empties namespaces that are being deleted, then lets them go. */
export function startNamespaceController(context: ControllerContext): Stop {
  const { cluster, clock, log } = context;
  const queue = new WorkQueue({
    name: 'namespaces',
    clock,
    log,
    reconcile: (name) => {
      finalize(context, name);
    },
  });
  const terminating = new Set<string>();
  return stopAll([
    cluster.subscribe<Namespace>(types.namespaces, ({ type, object }) => {
      const { name, deletionTimestamp } = object.metadata;
      if (type === 'DELETED') terminating.delete(name);
      else if (deletionTimestamp !== undefined) {
        terminating.add(name);
        queue.add(name);
      }
    }),
    cluster.subscribeAll((_type, { type, object }) => {
      const { namespace } = object.metadata;
      if (type === 'DELETED' && namespace !== undefined && terminating.has(namespace)) queue.add(namespace);
    }),
    () => {
      queue.stop();
    },
  ]);
}

function finalize({ cluster, clock }: ControllerContext, name: string): void {
  const namespace = cluster.get<Namespace>(types.namespaces, undefined, name);
  if (namespace?.metadata.deletionTimestamp === undefined) return;
  const left: string[] = [];
  // Events last: deleting the others makes some.
  const kinds = cluster.types().filter(({ namespaced }) => namespaced);
  for (const type of kinds.toSorted((a, b) => Number(a.kind === 'Event') - Number(b.kind === 'Event'))) {
    let count = 0;
    for (const { metadata } of cluster.list(type, { namespace: name })) {
      const rest =
        metadata.deletionTimestamp === undefined ? cluster.delete(type, name, metadata.name) : metadata;
      if (rest !== undefined && cluster.get(type, name, metadata.name) !== undefined) count += 1;
    }
    if (count > 0)
      left.push(
        `${type.resource}${type.group === '' ? '.' : `.${type.group}`} has ${count} resource instances`,
      );
  }
  if (left.length === 0) {
    cluster.update<Namespace>(types.namespaces, {
      ...namespace,
      spec: { ...namespace.spec, finalizers: [] },
    });
    return;
  }
  const message = `Some resources are remaining: ${left.join(', ')}`;
  const before = namespace.status?.conditions?.find(({ type }) => type === 'NamespaceContentRemaining');
  if (before?.message === message) return;
  const condition: NamespaceCondition = {
    type: 'NamespaceContentRemaining',
    status: 'True',
    reason: 'SomeResourcesRemain',
    message,
    lastTransitionTime: timestamp(clock.now()),
  };
  const status = { ...namespace.status, phase: 'Terminating', conditions: [condition] };
  cluster.update<Namespace>(types.namespaces, { ...namespace, status }, 'status');
}

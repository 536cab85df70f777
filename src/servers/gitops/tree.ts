import { normalize } from './diff.ts';
import { healthOf } from './health.ts';
import type { LiveObjects } from './live.ts';
import { groupOf, keyOf, versionOf, type Manifest } from './objects.ts';
import { imagesOf, type Comparison } from './status.ts';

/** What may stand below an object that is deployed; followed from the first time that somebody looks. */
const BELOW: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'apps/Deployment': [
    ['apps/v1', 'ReplicaSet'],
    ['v1', 'Pod'],
  ],
  'apps/StatefulSet': [['v1', 'Pod']],
  'apps/DaemonSet': [['v1', 'Pod']],
  'batch/Job': [['v1', 'Pod']],
};

export interface TreeNode {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: string;
  readonly parentRefs?: readonly object[];
  readonly images?: readonly string[];
  readonly health?: object;
}

/** The live objects of an Application with everything that its controllers have made below them. */
export async function resourceTree(
  comparison: Comparison | undefined,
  live: LiveObjects,
): Promise<{ nodes: TreeNode[] }> {
  const present = (comparison?.resources ?? []).flatMap(({ live: object }) => {
    const current = object === undefined ? undefined : live.get(keyOf(object));
    return current === undefined ? [] : [current];
  });
  const kinds = present.flatMap(({ apiVersion, kind }) => BELOW[`${groupOf(apiVersion)}/${kind}`] ?? []);
  // A kind that cannot be followed has no nodes; the others are still worth showing.
  await Promise.allSettled(kinds.map(([apiVersion, kind]) => live.need(apiVersion, kind)));
  const nodes: TreeNode[] = [];
  const add = (object: Manifest, parent: Manifest | undefined) => {
    nodes.push(toNode(object, parent));
    if (object.metadata.uid === undefined) return;
    for (const child of live.childrenOf(object.metadata.uid)) add(child, object);
  };
  for (const object of present) add(object, undefined);
  return { nodes };
}

function toNode(object: Manifest, parent: Manifest | undefined): TreeNode {
  const { uid = '', resourceVersion = '', creationTimestamp = '' } = object.metadata;
  const health = healthOf(object);
  const images = imagesOf(object);
  return {
    ...keyOf(object),
    version: versionOf(object.apiVersion),
    uid,
    resourceVersion,
    createdAt: creationTimestamp,
    ...(images.length === 0 ? {} : { images }),
    ...(health === undefined ? {} : { health }),
    ...(parent === undefined ? {} : { parentRefs: [{ ...keyOf(parent), uid: parent.metadata.uid ?? '' }] }),
  };
}

/** Desired and live state of every resource as JSON texts, for diffs. Secrets show names only. */
export function managedResources(comparison: Comparison | undefined): object[] {
  return (comparison?.resources ?? []).flatMap(({ target, live, synced }) => {
    const object = target ?? live;
    if (object === undefined) return [];
    const text = (state: Manifest | undefined) =>
      state === undefined ? 'null' : JSON.stringify(normalize(hideSecrets(state)));
    return [
      {
        ...keyOf(object),
        targetState: text(target),
        liveState: text(live),
        normalizedLiveState: text(live),
        predictedLiveState: text(synced ? live : target),
        modified: !synced,
      },
    ];
  });
}

/** A Secret without its values. */
export function hideSecrets(object: Manifest): Manifest {
  if (object.kind !== 'Secret' || groupOf(object.apiVersion) !== '') return object;
  const hide = (values: unknown) =>
    Object.fromEntries(Object.keys(values ?? {}).map((name) => [name, '++++++++']));
  const { data, stringData, ...rest } = object;
  return {
    ...rest,
    ...(data === undefined ? {} : { data: hide(data) }),
    ...(stringData === undefined ? {} : { stringData: hide(stringData) }),
  };
}

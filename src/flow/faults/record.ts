import type { KubeObject } from '../../clients/kubernetes.ts';
import type { Playground } from '../playground.ts';

/** What is needed to take a fault back. Everything is text, for it is kept as such. */
export interface FaultRecord {
  /** When it was broken, ISO 8601. */
  readonly since: string;
  readonly [detail: string]: string;
}

export type FaultRecords = Readonly<Record<string, FaultRecord>>;

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * Kept in the cluster, where it outlives the daemon, belongs to what a snapshot copies, and is the same on every engine; in a
 * namespace that no exercise and no reset deletes.
 */
const ref = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'kube-public',
  name: 'gitops-playground-faults',
} as const;

export async function readRecords(playground: Playground): Promise<FaultRecords> {
  const found = await (await playground.cluster()).find<ConfigMap>(ref);
  return Object.fromEntries(
    Object.entries(found?.data ?? {}).map(([id, text]) => [id, JSON.parse(text) as FaultRecord]),
  );
}

/** Keeps the record of a fault, or without one forgets it. */
export async function keepRecord(
  playground: Playground,
  id: string,
  record: FaultRecord | undefined,
): Promise<void> {
  const cluster = await playground.cluster();
  const { apiVersion, kind, namespace, name } = ref;
  if ((await cluster.find(ref)) === undefined) {
    if (record === undefined) return;
    await cluster.create<ConfigMap>({ apiVersion, kind, metadata: { namespace, name } });
  }
  await cluster.patch(ref, 'merge', { data: { [id]: record === undefined ? null : JSON.stringify(record) } });
}

/** Forgets all faults. */
export async function forgetRecords(playground: Playground): Promise<void> {
  await (await playground.cluster()).delete(ref);
}

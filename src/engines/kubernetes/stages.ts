import type { KubernetesClient } from '../../clients/kubernetes.ts';
import { nameLabel } from '../../config/names.ts';
import { ensureNamespace } from '../components/install.ts';
import { destinationsOf, isMadeByOperator, ownNamespaces } from './destinations.ts';

/**
 * Makes the namespace of a stage. One that was deleted, and that our own operator has made anew to deliver into it, has lost the
 * label: it gets it back.
 * @throws PlaygroundError `namespace-taken` when it is somebody else's.
 */
export async function ensureStage(cluster: KubernetesClient, stage: string, name: string): Promise<void> {
  const delivered = await destinationsOf(cluster, await ownNamespaces(cluster, name));
  if (delivered.includes(stage)) await adopt(cluster, [stage], name);
  await ensureNamespace(cluster, stage, { [nameLabel]: name }, `what is deployed to ${stage}`);
}

/**
 * Labels those of these namespaces that our own operator has made, so that `down` knows them also when what was delivered there, and
 * whoever delivered it, is gone. The others are somebody else's.
 */
export async function adopt(
  cluster: KubernetesClient,
  namespaces: readonly string[],
  name: string,
): Promise<void> {
  for (const namespace of namespaces) {
    const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
    const present = await cluster.find(ref);
    if (present === undefined || present.metadata.labels?.[nameLabel] !== undefined) continue;
    if (await isMadeByOperator(cluster, ref))
      await cluster.patch(ref, 'merge', { metadata: { labels: { [nameLabel]: name } } });
  }
}

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
  const labels = { [nameLabel]: name };
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: stage };
  const present = await cluster.find(ref);
  if (present !== undefined && present.metadata.labels?.[nameLabel] === undefined) {
    const delivered = (await destinationsOf(cluster, await ownNamespaces(cluster, name))).includes(stage);
    if (delivered && (await isMadeByOperator(cluster, ref))) {
      await cluster.patch(ref, 'merge', { metadata: { labels } });
    }
  }
  await ensureNamespace(cluster, stage, labels, `what is deployed to ${stage}`);
}

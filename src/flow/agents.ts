import { findBlockedPod } from './blocked-pods.ts';
import type { Playground } from './playground.ts';

const agentPods = { labelSelector: 'app.kubernetes.io/name=jenkins-agent' };

/** What keeps the pod of a build from starting, of which Jenkins says nothing; undefined where nothing does, or builds need no pods. */
export async function blockedAgent(
  playground: Pick<Playground, 'cluster' | 'endpoints'>,
): Promise<string | undefined> {
  const { parts = [] } = playground.endpoints.kubernetes;
  if (parts.length === 0) return undefined;
  const cluster = await playground.cluster();
  for (const namespace of parts) {
    const blocked = await findBlockedPod(cluster, namespace, agentPods);
    if (blocked !== undefined) return `its pod ${blocked.name}: ${blocked.reason}`;
  }
  return undefined;
}

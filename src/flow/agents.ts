import type { KubeObject } from '../clients/kubernetes.ts';
import type { Playground } from './playground.ts';

interface ContainerStatus {
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

interface AgentPod extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

const agentPods = { labelSelector: 'app.kubernetes.io/name=jenkins-agent' };
/** What every container waits for on its way. */
const USUAL = new Set(['PodInitializing', 'ContainerCreating']);

/** What keeps the pod of a build from starting, of which Jenkins says nothing; undefined where nothing does, or builds need no pods. */
export async function blockedAgent(
  playground: Pick<Playground, 'cluster' | 'endpoints'>,
): Promise<string | undefined> {
  const { parts = [] } = playground.endpoints.kubernetes;
  if (parts.length === 0) return undefined;
  const cluster = await playground.cluster();
  for (const namespace of parts) {
    const { items } = await cluster.list<AgentPod>(
      { apiVersion: 'v1', kind: 'Pod' },
      { namespace, ...agentPods },
    );
    for (const pod of items) {
      const reason = reasonOf(pod);
      if (reason !== undefined) return `its pod ${pod.metadata.name}: ${reason}`;
    }
  }
  return undefined;
}

function reasonOf({ status = {} }: AgentPod): string | undefined {
  const { conditions = [], initContainerStatuses = [], containerStatuses = [] } = status;
  const unscheduled = conditions.find((each) => each.type === 'PodScheduled' && each.status === 'False');
  if (unscheduled !== undefined) return `has no node: ${unscheduled.message ?? 'unschedulable'}`;
  for (const { state } of [...initContainerStatuses, ...containerStatuses]) {
    const { reason, message } = state?.waiting ?? {};
    if (reason !== undefined && !USUAL.has(reason))
      return message === undefined ? reason : `${reason}: ${message}`;
  }
  return undefined;
}

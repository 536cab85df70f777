import { findBlockedPod } from './blocked-pods.ts';
import type { Playground } from './playground.ts';

const agentPods = { labelSelector: 'app.kubernetes.io/name=jenkins-agent' };
/** So many pods may fail before a build has its first stage; another one would fail as they did. */
const TRIES = 3;

/**
 * The pods that a build waits for, of which Jenkins says nothing. It deletes one that has failed within seconds and makes another, so
 * what was seen of those is kept.
 */
export class AgentPods {
  readonly #playground: Pick<Playground, 'cluster' | 'endpoints'>;
  readonly #failed = new Set<string>();
  #lastFailure: string | undefined;

  constructor(playground: Pick<Playground, 'cluster' | 'endpoints'>) {
    this.#playground = playground;
  }

  /** What keeps a pod from being of use, or has done so; undefined where nothing does, or builds need no pods. */
  async blocked(): Promise<string | undefined> {
    const { parts = [] } = this.#playground.endpoints.kubernetes;
    if (parts.length === 0) return undefined;
    const cluster = await this.#playground.cluster();
    for (const namespace of parts) {
      const pod = await findBlockedPod(cluster, namespace, agentPods);
      if (pod === undefined) continue;
      const words = `its pod ${pod.name}: ${pod.reason}`;
      if (pod.failed) {
        this.#failed.add(pod.name);
        this.#lastFailure = words;
      }
      return words;
    }
    return this.#lastFailure;
  }

  /** With what the last one has failed, once so many have that no other one is worth waiting for. */
  hopeless(): string | undefined {
    return this.#failed.size < TRIES ? undefined : this.#lastFailure;
  }
}

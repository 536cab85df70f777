import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesClient } from '../../clients/kubernetes.ts';
import { messageOf } from '../../lib/errors.ts';
import type { TaskContext } from '../../lib/task.ts';
import { explainBlocked } from './blocked.ts';
import type { Component } from './component.ts';
import { podsIn } from './pods-now.ts';
import { lost, summaryOf, worstOf } from './pods.ts';

const LOOK_MS = 1000;

/**
 * Lets helm work and tells meanwhile what the pods do that have come since it began: those of hooks, for which helm waits without a
 * word. Pods that were there before may be what this very upgrade mends.
 * @param work ends when its signal is aborted.
 * @throws PlaygroundError with the events and the log of the pod that held it up, at once when that can never start.
 */
export async function withNewsOfHooks(
  cluster: KubernetesClient,
  component: Component,
  { progress, signal }: TaskContext,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { namespace, title } = component;
  const before = new Set((await podsIn(cluster, namespace)).pods.map(({ metadata }) => metadata.uid));
  const newPods = () => podsIn(cluster, namespace, ({ metadata }) => !before.has(metadata.uid));

  const done = new AbortController();
  const hopeless = new AbortController();
  const watch = async () => {
    for (;;) {
      await delay(LOOK_MS, undefined, { signal: done.signal });
      const { pods, events, news } = await newPods();
      const found = lost(pods);
      if (found !== undefined) {
        hopeless.abort(await explainBlocked(cluster, component, found.news, events, `${title} cannot start`));
        return;
      }
      if (pods.length > 0) progress(summaryOf(news));
    }
  };
  // A look that fails says nothing about helm's own work.
  const watching = watch().catch(() => undefined);
  try {
    await work(AbortSignal.any([signal, hopeless.signal]));
  } catch (error) {
    signal.throwIfAborted();
    hopeless.signal.throwIfAborted();
    const { events, news } = await newPods().catch(() => ({ events: [], news: [] }));
    const worst = worstOf(news);
    const reason = messageOf(error);
    // Any other failure is helm's own, whatever the pods are at.
    const held = worst?.state === 'blocked' || /timed out|deadline/i.test(reason);
    throw held ? await explainBlocked(cluster, component, worst, events, reason) : error;
  } finally {
    done.abort();
    await watching;
  }
}

import type { KubernetesClient } from '../../clients/kubernetes.ts';
import type { KubeEvent } from '../../clients/kubernetes-objects.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import type { Component } from './component.ts';
import { failureIn } from './failures.ts';
import { eventLines, lastLines, tellingLines, type PodNews } from './pods.ts';

/** So much of the end of a log is read for its last words: a stack of Java alone has more than a hundred lines. */
const LOG_LINES = 300;

/** The pod that holds a component up, its events and the end of its log, as one error for a person. */
export async function explainBlocked(
  cluster: KubernetesClient,
  component: Component,
  news: PodNews | undefined,
  events: readonly KubeEvent[],
  reason: string,
): Promise<PlaygroundError> {
  const lines: string[] = [];
  if (news !== undefined) {
    lines.push(
      `pod ${news.name}: ${news.detail}`,
      ...eventLines(events, news.name).map((line) => `event ${line}`),
    );
    lines.push(...(await lastWords(cluster, component.namespace, news)).map((line) => `log ${line}`));
  }
  const words = lines.join('\n  ');
  const failure = failureIn(tellingLines(lines).join('\n'));
  return new PlaygroundError({
    code: failure?.code ?? 'component-blocked',
    message: `${reason}${words === '' ? '' : `\n  ${words}`}`,
    hint:
      failure?.hint ??
      `what is installed is kept: repeat \`up\` to go on from there; more: gitops-playground logs ${component.id}`,
  });
}

/** The end of what the blocked container has written, of its last run where it has crashed. */
async function lastWords(cluster: KubernetesClient, namespace: string, news: PodNews): Promise<string[]> {
  const container = news.container === undefined ? {} : { container: news.container };
  for (const previous of [true, false]) {
    try {
      const stream = await cluster.logs(namespace, news.name, {
        ...container,
        previous,
        tailLines: LOG_LINES,
      });
      const lines = lastLines(Buffer.concat((await stream.toArray()) as Buffer[]).toString('utf8'));
      if (lines.length > 0) return lines;
    } catch {
      // It has not run yet, or not before: then there is no log.
    }
  }
  return [];
}

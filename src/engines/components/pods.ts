import {
  containerStatusesOf,
  eventTimeOf,
  isReady,
  whyUnscheduled,
  wordsOf,
  type KubeEvent,
  type Pod,
} from '../../clients/kubernetes-objects.ts';
import { failureIn, type KnownFailure } from './failures.ts';

/** What one pod does at this moment. */
export interface PodNews {
  readonly name: string;
  readonly state: 'waiting' | 'pulling' | 'starting' | 'ready' | 'done' | 'blocked';
  readonly detail: string;
  /** The container that holds it up. */
  readonly container?: string;
}

/** Waiting reasons that mean more than that it takes its time. */
const BLOCKED = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** What a pod does, from its status and the events about it, in the words of a person. */
export function newsOf(pod: Pod, events: readonly KubeEvent[]): PodNews {
  const { name } = pod.metadata;
  const { phase, reason, message } = pod.status ?? {};
  if (phase === 'Succeeded') return { name, state: 'done', detail: 'done' };
  if (phase === 'Failed') {
    return { name, state: 'blocked', detail: wordsOf(reason ?? 'failed', message) };
  }
  if (isReady(pod)) return { name, state: 'ready', detail: 'ready' };
  const unscheduled = whyUnscheduled(pod);
  if (unscheduled !== undefined) return { name, state: 'blocked', detail: unscheduled };
  const containers = containerStatusesOf(pod);
  for (const container of containers) {
    const waiting = container.state?.waiting;
    if (waiting?.reason !== undefined && BLOCKED.has(waiting.reason)) {
      const detail = wordsOf(waiting.reason, waiting.message);
      return { name, state: 'blocked', detail, container: container.name };
    }
  }
  const last = latest(events.filter(({ involvedObject }) => involvedObject.name === name));
  if (last?.reason === 'Pulling') {
    return { name, state: 'pulling', detail: (last.message ?? '').replace(/^Pulling image /, 'pulling ') };
  }
  const running = containers.filter(({ state }) => state?.running !== undefined);
  if (running.length > 0) {
    const ready = containers.filter((container) => container.ready).length;
    return { name, state: 'starting', detail: `starting, ${ready} of ${containers.length} containers ready` };
  }
  return { name, state: 'waiting', detail: 'waiting for its containers' };
}

/** All pods in one line: what most of them wait for, first. */
export function summaryOf(news: readonly PodNews[]): string {
  if (news.length === 0) return 'no pods yet';
  const order = ['blocked', 'pulling', 'starting', 'waiting', 'ready', 'done'] as const;
  const words = order.flatMap((state) => {
    const those = news.filter((pod) => pod.state === state);
    const [first] = those;
    if (first === undefined) return [];
    if (state === 'ready' || state === 'done') return [`${those.length} ${state}`];
    const more = those.length === 1 ? '' : ` and ${those.length - 1} more`;
    return [`${first.name}${more}: ${first.detail}`];
  });
  return words.join('; ').slice(0, 200);
}

/** The pod that most likely is in the way; none when all are ready. */
export function worstOf(news: readonly PodNews[]): PodNews | undefined {
  return (
    news.find(({ state }) => state === 'blocked') ??
    news.find(({ state }) => state !== 'ready' && state !== 'done')
  );
}

/** Whether one of its containers was tried in vain, so that the next try has to wait; a pod without a controller would not come back. */
export function isBackingOff(pod: Pod): boolean {
  const owned = (pod.metadata.ownerReferences ?? []).some(({ controller }) => controller === true);
  return owned && containerStatusesOf(pod).some(({ state }) => state?.waiting?.reason?.endsWith('BackOff'));
}

/** So often a container has to have crashed until that is taken for its last word. */
const CRASHES = 5;

/** Whether waiting longer is of no use: a pull that is refused for good, a limit, a container that crashes again and again. */
export function lost(
  pods: readonly Pod[],
): { pod: Pod; news: PodNews; failure: KnownFailure | undefined } | undefined {
  for (const pod of pods) {
    const news = newsOf(pod, []);
    if (news.state !== 'blocked') continue;
    const failure = failureIn(news.detail);
    const final = ['pull-limited', 'image-missing', 'disk-full'].includes(failure?.code ?? '');
    const backOff = news.detail.startsWith('ImagePullBackOff');
    const crashed = containerStatusesOf(pod).some(
      ({ restartCount, state }) => restartCount >= CRASHES && state?.waiting?.reason === 'CrashLoopBackOff',
    );
    if ((final && backOff) || crashed || news.detail.startsWith('InvalidImageName'))
      return { pod, news, failure };
  }
  return undefined;
}

/** The events of a pod, oldest first, as lines for a person. */
export function eventLines(events: readonly KubeEvent[], pod: string, most = 6): string[] {
  return events
    .filter(({ involvedObject }) => involvedObject.name === pod)
    .sort((a, b) => timeOf(a) - timeOf(b))
    .slice(-most)
    .map(({ reason = '', message = '' }) => `${reason}: ${message.replaceAll(/\s+/g, ' ').slice(0, 300)}`);
}

/**
 * Of the lines about a pod that cannot start, those in which the reason is looked for: a probe that is refused says only that
 * nothing listens yet.
 */
export function tellingLines(lines: readonly string[]): string[] {
  return lines.filter((line) => !/\bUnhealthy: .*probe failed/.test(line));
}

/** The last lines of a log that say what happened; where in a program (frames of a stack) says nothing to a person. */
export function lastLines(log: string, most = 12): string[] {
  return log
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !/^\s+(?:at \S|\.\.\. \d+ more)/.test(line))
    .slice(-most)
    .map((line) => line.slice(0, 300));
}

function latest(events: readonly KubeEvent[]): KubeEvent | undefined {
  return events.reduce<KubeEvent | undefined>(
    (newest, event) => (newest === undefined || timeOf(event) >= timeOf(newest) ? event : newest),
    undefined,
  );
}

function timeOf(event: KubeEvent): number {
  const time = Date.parse(eventTimeOf(event));
  return Number.isNaN(time) ? 0 : time;
}

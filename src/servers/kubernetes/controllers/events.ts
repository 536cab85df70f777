import type { Log } from '../../../lib/log.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { Cluster, KubernetesObject } from '../cluster.ts';
import { timestamp, type Clock } from './clock.ts';
import { types, type EventObject } from './objects.ts';

type EventType = 'Normal' | 'Warning';

/** Tells what happened to an object, for `kubectl describe` and `kubectl get events`. */
export interface EventRecorder {
  /** @param fieldPath the part that it is about, `spec.containers{web}` for example. */
  record(
    component: string,
    object: KubernetesObject,
    type: EventType,
    reason: string,
    message: string,
    fieldPath?: string,
  ): void;
  stop(): void;
}

const LIFETIME = 60 * 60_000;
const SWEEP_EVERY = 5 * 60_000;
/** As client-go's spam filter: so many at once about one object, then one in five minutes. */
const BURST = 25;
const REFILL = 5 * 60_000;
/** Different messages of one reason within ten minutes before they are told as one. */
const SIMILAR = 10;
const SIMILAR_WITHIN = 10 * 60_000;

interface Bucket {
  tokens: number;
  at: number;
}

interface Similar {
  messages: Set<string>;
  since: number;
}

/**
 * Records events as client-go's correlator does: repeated ones are counted, many similar ones are combined, floods
 * are cut, and after an hour they are gone.
 */
export function createEventRecorder(cluster: Cluster, clock: Clock, log: Log, host: string): EventRecorder {
  const known = new Map<string, { namespace: string; name: string }>();
  const buckets = new Map<string, Bucket>();
  const similar = new Map<string, Similar>();
  let counter = 0;
  let cancelSweep = clock.after(SWEEP_EVERY, sweep);

  function sweep(): void {
    const now = clock.now();
    for (const event of cluster.list<EventObject>(types.events)) {
      const last = Date.parse(event.lastTimestamp ?? event.metadata.creationTimestamp ?? '');
      if (now - last > LIFETIME) cluster.delete(types.events, event.metadata.namespace, event.metadata.name);
    }
    for (const [key, { namespace, name }] of known) {
      if (cluster.get(types.events, namespace, name) === undefined) known.delete(key);
    }
    for (const [key, bucket] of buckets) if (now - bucket.at > BURST * REFILL) buckets.delete(key);
    for (const [key, group] of similar) if (now - group.since > SIMILAR_WITHIN) similar.delete(key);
    cancelSweep = clock.after(SWEEP_EVERY, sweep);
  }

  function mayTell(key: string): boolean {
    const now = clock.now();
    const bucket = buckets.get(key) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL);
    buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1;
  }

  function combined(key: string, message: string): string {
    const now = clock.now();
    let group = similar.get(key);
    if (group === undefined || now - group.since > SIMILAR_WITHIN) {
      group = { messages: new Set(), since: now };
      similar.set(key, group);
    }
    if (group.messages.size < SIMILAR || group.messages.has(message)) {
      group.messages.add(message);
      return message;
    }
    return `(combined from similar events): ${message}`;
  }

  function write(
    component: string,
    object: KubernetesObject,
    type: EventType,
    reason: string,
    text: string,
    fieldPath?: string,
  ): void {
    const { namespace = 'default', name, uid = '', resourceVersion } = object.metadata;
    const about = [component, object.kind, uid === '' ? `${namespace}/${name}` : uid].join('|');
    if (!mayTell(about)) return;
    const group = [about, type, reason, fieldPath ?? ''].join('|');
    const message = combined(group, text).slice(0, 1024);
    const key = `${group}|${message.startsWith('(combined') ? '*' : message}`;
    const now = timestamp(clock.now());
    const before = known.get(key);
    const event = before && cluster.get<EventObject>(types.events, before.namespace, before.name);
    if (event !== undefined) {
      cluster.update<EventObject>(types.events, {
        ...event,
        message,
        count: event.count + 1,
        lastTimestamp: now,
      });
      return;
    }
    counter += 1;
    const made = cluster.create<EventObject>(types.events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${(BigInt(clock.now()) * 1_000_000n + BigInt(counter)).toString(16)}`,
        namespace,
      },
      involvedObject: {
        kind: object.kind,
        apiVersion: object.apiVersion,
        name,
        uid,
        ...(object.metadata.namespace === undefined ? {} : { namespace }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      reason,
      message,
      type,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: component === 'kubelet' ? { component, host } : { component },
      reportingComponent: component,
      reportingInstance: component === 'kubelet' ? host : '',
    });
    known.set(key, { namespace, name: made.metadata.name });
  }

  return {
    record(...event) {
      try {
        write(...event);
      } catch (error) {
        // A namespace that is going away takes no events; nothing may fail because of that.
        log.info(`event not recorded: ${messageOf(error)}`);
      }
    },
    stop: () => {
      cancelSweep();
    },
  };
}

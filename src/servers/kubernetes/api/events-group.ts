import type { KubernetesObject } from '../cluster.ts';

/** The names of an event's fields in `events.k8s.io/v1`, by their names in the core group; the objects are the same. */
const NAMES: Readonly<Record<string, string>> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};

/** A stored event as `events.k8s.io/v1` shows it. */
export function toEventsGroup(event: KubernetesObject): KubernetesObject {
  return { ...renamed(event, NAMES), apiVersion: 'events.k8s.io/v1' } as KubernetesObject;
}

/** An event of `events.k8s.io/v1` as it is stored. */
export function fromEventsGroup(event: KubernetesObject): KubernetesObject {
  const back = Object.fromEntries(Object.entries(NAMES).map(([core, other]) => [other, core]));
  return { ...renamed(event, back), apiVersion: 'v1' } as KubernetesObject;
}

function renamed(object: KubernetesObject, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([field, value]) => [names[field] ?? field, value]));
}

import type { KubernetesObject } from '../cluster.ts';
import { apiVersionOf, type Kind } from '../kinds.ts';
import { fromEventsGroup, toEventsGroup } from './events-group.ts';

/** How a kind looks under the group and version by which a client asked for it. */
export interface Presentation {
  readonly kind: Kind;
  readonly version: string;
  readonly apiVersion: string;
  /** From what is stored to what the client sees. */
  readonly show: (object: KubernetesObject) => KubernetesObject;
  /** From what the client sent to what is stored. */
  readonly take: (object: KubernetesObject) => KubernetesObject;
}

/** The presentation of a kind by the group and version of the URL. */
export function presentationOf(kind: Kind, group: string, version: string): Presentation {
  const apiVersion = apiVersionOf({ group, version });
  if (group !== kind.group) {
    return { kind, version, apiVersion, show: toEventsGroup, take: fromEventsGroup };
  }
  const stored = apiVersionOf(kind);
  // Versions of a custom kind differ only in their schema: conversion is None.
  const show = apiVersion === stored ? same : (object: KubernetesObject) => ({ ...object, apiVersion });
  return { kind, version, apiVersion, show, take: same };
}

function same(object: KubernetesObject): KubernetesObject {
  return object;
}

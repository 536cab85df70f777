import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { Deployment, ReplicaSet } from './objects.ts';
import { safeEncode } from './ownership.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
export const TEMPLATE_HASH = 'pod-template-hash';

/** Annotations of a Deployment that are about it alone; the others are copied to its ReplicaSets. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

/** The label value that tells the pods of one template from those of another. */
export function templateHash(template: PodTemplateSpec, collisions: number): string {
  const hash = createHash('sha256').update(canonical(template)).update(String(collisions)).digest();
  return safeEncode(String(hash.readUInt32BE(0)));
}

/** Whether a ReplicaSet was made from this template. */
export function hasTemplate(set: ReplicaSet, template: PodTemplateSpec): boolean {
  // Those of other revisions mostly have other images, which is quick to see.
  if (imagesOf(set.spec.template) !== imagesOf(template)) return false;
  return isDeepStrictEqual(withoutHash(set.spec.template ?? {}), withoutHash(template));
}

function imagesOf(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ image }) => image).join('\n');
}

function withoutHash(template: PodTemplateSpec): unknown {
  const { [TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {};
  return JSON.parse(JSON.stringify({ ...template, metadata: { ...template.metadata, labels } }));
}

export function revisionOf(object: Deployment | ReplicaSet): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0) || 0;
}

export function lastRevision(sets: readonly ReplicaSet[]): number {
  return Math.max(0, ...sets.map(revisionOf));
}

/** The annotations that a ReplicaSet of this revision carries, with the history of the revisions that it had. */
export function setAnnotations(
  deployment: Deployment,
  revision: number,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !NOT_COPIED.has(key),
  );
  const annotations: Record<string, string> = { ...before, ...Object.fromEntries(copied) };
  const old = Number(before[REVISION] ?? 0);
  if (old >= revision && old > 0) return annotations;
  if (old > 0) {
    annotations[REVISION_HISTORY] = [before[REVISION_HISTORY], String(old)].filter(Boolean).join(',');
  }
  annotations[REVISION] = String(revision);
  return annotations;
}

/** JSON with sorted keys, so that equal templates have equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

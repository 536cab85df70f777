import { REFRESH_ANNOTATION, type IgnoreDifference } from '../../clients/argocd-types.ts';
import { matchesGlob } from './glob.ts';
import { annotationList, isRecord, keyOf, sameJson, type Manifest } from './objects.ts';

/** Fields of metadata that the API server keeps for itself. */
const SERVER_FIELDS = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];

/** Annotations that tools write beside the desired state. */
const TOOL_ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  REFRESH_ANNOTATION,
];

/**
 * The part of a live object that somebody can desire: no status, nothing that the server counts, and no request to
 * a controller (an Application's `operation`).
 */
export function normalize(object: Manifest): Record<string, unknown> {
  const { status: _status, operation: _operation, metadata, ...rest } = object;
  const kept: Record<string, unknown> = { ...metadata };
  for (const field of SERVER_FIELDS) delete kept[field];
  if (metadata.annotations !== undefined) {
    const annotations = Object.fromEntries(
      Object.entries(metadata.annotations).filter(([name]) => !TOOL_ANNOTATIONS.includes(name)),
    );
    kept['annotations'] = annotations;
  }
  for (const field of ['annotations', 'labels']) {
    if (isRecord(kept[field]) && Object.keys(kept[field]).length === 0) delete kept[field];
  }
  return { ...rest, metadata: kept };
}

/** The entries of `ignoreDifferences` that speak about an object. */
export function ignoresFor(object: Manifest, ignores: readonly IgnoreDifference[]): IgnoreDifference[] {
  const key = keyOf(object);
  return ignores.filter(
    (entry) =>
      matchesGlob(entry.group ?? '', key.group) &&
      matchesGlob(entry.kind, key.kind) &&
      (entry.name === undefined || entry.name === '' || entry.name === key.name) &&
      (entry.namespace === undefined || entry.namespace === '' || entry.namespace === key.namespace),
  );
}

/** One step of a path: a field or index by name, or every element of a list. */
export type Step = string | typeof EACH;
const EACH = Symbol('each');

/** The paths that an entry excludes; expressions that are none of the simple ones come back as `unsupported`. */
export function ignoredPaths(entry: IgnoreDifference): { paths: Step[][]; unsupported: string[] } {
  const paths: Step[][] = (entry.jsonPointers ?? []).map((pointer) =>
    pointer
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')),
  );
  const unsupported: string[] = [];
  for (const expression of entry.jqPathExpressions ?? []) {
    const path = parseSimplePath(expression);
    if (path === undefined) unsupported.push(expression);
    else paths.push(path);
  }
  for (const manager of entry.managedFieldsManagers ?? [])
    unsupported.push(`managedFieldsManagers: ${manager}`);
  return { paths, unsupported };
}

/** Reads `.spec.template.spec.containers[].image` and `.metadata.annotations["a/b"]`; anything else is undefined. */
function parseSimplePath(expression: string): Step[] | undefined {
  const part = /\.?\["((?:[^"\\]|\\.)*)"\]|\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d*)\]/y;
  const steps: Step[] = [];
  let index = 0;
  while (index < expression.length) {
    part.lastIndex = index;
    const match = part.exec(expression);
    if (match === null) return undefined;
    const [whole, quoted, plain, number] = match;
    if (number === '') steps.push(EACH);
    else steps.push(quoted ?? plain ?? number ?? '');
    index += whole.length;
  }
  return steps.length === 0 ? undefined : steps;
}

/** The value without what lies at the paths; the given value is not changed. */
export function without(value: Record<string, unknown>, paths: readonly Step[][]): Record<string, unknown> {
  if (paths.length === 0) return value;
  const copy = structuredClone(value);
  for (const path of paths) remove(copy, path);
  return copy;
}

function remove(value: unknown, [step, ...rest]: readonly Step[]): void {
  if (step === undefined || typeof value !== 'object' || value === null) return;
  if (step === EACH) {
    if (!Array.isArray(value)) return;
    if (rest.length === 0) value.length = 0;
    else for (const element of value) remove(element, rest);
    return;
  }
  if (rest.length > 0) {
    remove((value as Record<string, unknown>)[step], rest);
  } else if (Array.isArray(value)) {
    if (/^\d+$/.test(step)) value.splice(Number(step), 1);
  } else delete (value as Record<string, unknown>)[step];
}

/**
 * The desired object with the live values at ignored paths, so that an apply leaves them alone
 * (`RespectIgnoreDifferences=true`).
 */
export function keepLiveValues(desired: Manifest, live: Manifest, paths: readonly Step[][]): Manifest {
  const copy = structuredClone(desired);
  for (const path of paths) copyAt(copy, live, path);
  return copy;
}

function copyAt(target: unknown, source: unknown, [step, ...rest]: readonly Step[]): void {
  if (step === undefined || typeof target !== 'object' || target === null) return;
  if (step === EACH) {
    if (!Array.isArray(target) || !Array.isArray(source)) return;
    for (const [index, element] of target.entries()) copyAt(element, source[index], rest);
    return;
  }
  const from =
    isRecord(source) || Array.isArray(source) ? (source as Record<string, unknown>)[step] : undefined;
  const record = target as Record<string, unknown>;
  if (rest.length > 0) copyAt(record[step], from, rest);
  else if (step in record && from !== undefined) record[step] = structuredClone(from);
  else delete record[step];
}

/** Whether applying would change the live object: `predicted` is the server's answer to a dry run. */
export function differs(live: Manifest, predicted: Manifest, ignored: readonly Step[][] = []): boolean {
  return !sameJson(without(normalize(live), ignored), without(normalize(predicted), ignored));
}

/** Whether an object that is not desired leaves the Application synced all the same. */
export function ignoresExtraneous(live: Manifest): boolean {
  return annotationList(live, 'argocd.argoproj.io/compare-options').includes('IgnoreExtraneous');
}

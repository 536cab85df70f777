import type { KubernetesObject } from '../cluster.ts';
import { ApiError, type StatusCause } from '../errors.ts';
import type { Definitions, Schema } from '../schemas/schema.ts';
import { cloneJson } from '../storage/json.ts';
import { NO_FIELDS, difference, intersection, isEmpty, pathsOf, union, type FieldSet } from './field-set.ts';
import {
  ownable,
  readManagedFields,
  withFields,
  writeManagedFields,
  type ManagedEntry,
  type Writer,
} from './managed-fields.ts';
import { compare, fieldSetOf, mergeTyped, removeFields } from './typed.ts';

export interface ApplyRequest extends Writer {
  /** What the writer wants; fields that it leaves out are not its business any more. */
  readonly config: KubernetesObject;
  /** Takes fields over that others own. */
  readonly force: boolean;
  readonly schema: Schema;
  readonly definitions: Definitions;
  readonly hasStatus: boolean;
  readonly now: string;
}

/**
 * Server-side apply (API reference, "Server-Side Apply"): merges the configuration into the live object, removes what
 * the same writer applied before and no longer wants and nobody else owns, and notes who owns what.
 * @throws ApiError `Conflict` with every field that another manager owns and that would change, unless forced.
 */
export function applyConfiguration(
  live: KubernetesObject | undefined,
  request: ApplyRequest,
): KubernetesObject {
  const { config, manager, apiVersion, subresource, force, schema, definitions, hasStatus, now } = request;
  const entries = readManagedFields(live);
  const isOwn = (entry: ManagedEntry) =>
    entry.operation === 'Apply' && entry.manager === manager && entry.subresource === subresource;
  const previous = entries.find(isOwn);
  const others = entries.filter((entry) => !isOwn(entry));
  const wanted = ownable(fieldSetOf(config, schema, definitions), subresource === 'status', hasStatus);

  const result = mergeTyped(
    cloneJson(live) ?? {},
    withoutManagedFields(config),
    schema,
    definitions,
  ) as KubernetesObject;
  const kept = others.reduce<FieldSet>((all, entry) => union(all, entry.fields), wanted);
  const dropped = difference(previous?.fields ?? NO_FIELDS, kept);
  if (!isEmpty(dropped)) removeFields(result, dropped, kept, schema, definitions);

  const { changed, removed } = compare(live ?? {}, result, schema, definitions);
  if (!force) refuseConflicts(others, changed);
  const settled = others.map((entry) =>
    withFields(entry, difference(difference(entry.fields, changed), removed), now),
  );
  const own: ManagedEntry = previous ?? {
    manager,
    operation: 'Apply',
    apiVersion,
    subresource,
    time: now,
    fields: NO_FIELDS,
  };
  writeManagedFields(result, [withFields({ ...own, apiVersion }, wanted, now), ...settled]);
  return result;
}

function withoutManagedFields(config: KubernetesObject): KubernetesObject {
  const { managedFields: _fields, ...metadata } = config.metadata;
  return { ...config, metadata };
}

function refuseConflicts(others: readonly ManagedEntry[], changed: FieldSet): void {
  const causes: StatusCause[] = [];
  const lines: string[] = [];
  for (const entry of others) {
    const contested = pathsOf(intersection(entry.fields, changed));
    if (contested.length === 0) continue;
    const who = describe(entry);
    lines.push(
      `conflict${contested.length === 1 ? '' : 's'} with ${who}:`,
      ...contested.map((path) => `- ${path}`),
    );
    for (const field of contested) {
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field });
    }
  }
  if (causes.length === 0) return;
  const [only] = causes;
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field ?? ''}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  throw new ApiError('Conflict', message, { causes });
}

function describe({ manager, operation, apiVersion, subresource, time }: ManagedEntry): string {
  if (operation === 'Apply') return JSON.stringify(manager);
  const sub = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${sub} using ${apiVersion}${time === '' ? '' : ` at ${time}`}`;
}

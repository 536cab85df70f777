import type { KubernetesObject } from '../cluster.ts';
import type { Definitions, Schema } from '../schemas/schema.ts';
import { asArray, isObject, type JsonObject } from '../storage/json.ts';
import {
  NO_FIELDS,
  childOf,
  difference,
  equalSets,
  fromFieldsV1,
  isEmpty,
  toFieldsV1,
  union,
  type FieldSet,
} from './field-set.ts';
import { compare } from './typed.ts';

/** One entry of `metadata.managedFields`: who set which fields, and how. */
export interface ManagedEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly fields: FieldSet;
}

/** The writer of a change. */
export type Writer = Pick<ManagedEntry, 'manager' | 'apiVersion' | 'subresource'>;

/** Reads the entries; what is not understood is dropped, so a reset (`[{}]`) gives none. */
export function readManagedFields(object: KubernetesObject | undefined): ManagedEntry[] {
  return asArray(object?.metadata.managedFields)
    .filter(isObject)
    .flatMap((entry): ManagedEntry[] => {
      const { manager, operation, apiVersion, subresource, time, fieldsV1 } = entry;
      if (operation !== 'Apply' && operation !== 'Update') return [];
      return [
        {
          manager: text(manager),
          operation,
          apiVersion: text(apiVersion),
          subresource: text(subresource),
          time: text(time),
          fields: fromFieldsV1(fieldsV1),
        },
      ];
    });
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Writes the entries into an object; entries without fields are left out. */
export function writeManagedFields(object: KubernetesObject, entries: readonly ManagedEntry[]): void {
  const written = entries
    .filter(({ fields }) => !isEmpty(fields))
    .map(({ manager, operation, apiVersion, subresource, time, fields }): JsonObject => ({
      manager,
      operation,
      apiVersion,
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(subresource === '' ? {} : { subresource }),
    }));
  if (written.length === 0) delete object.metadata.managedFields;
  else object.metadata.managedFields = written;
}

/** An entry whose fields were replaced; its time changes only when they did. */
export function withFields(entry: ManagedEntry, fields: FieldSet, now: string): ManagedEntry {
  return equalSets(entry.fields, fields) ? entry : { ...entry, fields, time: now };
}

/** Fields that belong to nobody: identity, and what only the server writes. */
const NOBODYS = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generateName',
  'managedFields',
  'selfLink',
];

/** Takes the fields out that nobody owns. */
export function ownable(fields: FieldSet, isStatus: boolean, hasStatus: boolean): FieldSet {
  const metadata = childOf(fields, 'f:metadata');
  const kept = [...metadata.children].filter(([step]) => !NOBODYS.includes(step.slice(2)));
  const children = new Map(
    [...fields.children].filter(([step]) => step !== 'f:apiVersion' && step !== 'f:kind'),
  );
  if (kept.length === 0) children.delete('f:metadata');
  else children.set('f:metadata', { member: false, children: new Map(kept) });
  if (hasStatus && !isStatus) children.delete('f:status');
  return { member: false, children };
}

export interface TrackSettings extends Writer {
  readonly schema: Schema;
  readonly definitions: Definitions;
  readonly hasStatus: boolean;
  readonly now: string;
}

/** Notes who made an update: the writer owns what it changed, and nobody else does any more. */
export function trackUpdate(
  live: KubernetesObject | undefined,
  next: KubernetesObject,
  settings: TrackSettings,
): void {
  const { manager, apiVersion, subresource, schema, definitions, hasStatus, now } = settings;
  const entries = readManagedFields(next);
  const { changed: all, removed } = compare(live ?? {}, next, schema, definitions);
  const changed = ownable(all, subresource === 'status', hasStatus);
  if (isEmpty(changed) && isEmpty(removed)) {
    writeManagedFields(next, entries);
    return;
  }
  const isOwn = (entry: ManagedEntry) =>
    entry.operation === 'Update' && entry.manager === manager && entry.subresource === subresource;
  const own: ManagedEntry = entries.find(isOwn) ?? {
    manager,
    operation: 'Update',
    apiVersion,
    subresource,
    time: now,
    fields: NO_FIELDS,
  };
  const others = entries
    .filter((entry) => !isOwn(entry))
    .map((entry) => withFields(entry, difference(difference(entry.fields, changed), removed), now));
  const mine = withFields(own, difference(union(own.fields, changed), removed), now);
  writeManagedFields(next, [...others, mine]);
}

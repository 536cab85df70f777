import type { KubernetesObject } from '../cluster.ts';
import type { Call } from './call.ts';

/** The form in which a client wants objects: as they are, as a printable table, or their metadata alone. */
export type Form = 'object' | 'table' | 'metadata';

const FORMS: Readonly<Record<string, Form>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata',
};

/** Chooses by the Accept header; JSON is always offered, and given where nothing else was understood. */
export function acceptedForm(header: string | undefined): Form {
  for (const range of (header ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== '*/*') continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    if (as === undefined) return 'object';
    const group = parameters.find((parameter) => parameter.startsWith('g='))?.slice(2);
    const form = FORMS[as];
    if (form !== undefined && group === 'meta.k8s.io') return form;
  }
  return 'object';
}

/** How much of each object a table's rows carry. */
export function includeOf(call: Call): 'None' | 'Metadata' | 'Object' {
  const include = call.query('includeObject');
  return include === 'None' || include === 'Object' ? include : 'Metadata';
}

/** The metadata of an object alone. */
export function partial({ metadata }: KubernetesObject, kind: string): object {
  return { kind, apiVersion: 'meta.k8s.io/v1', metadata };
}

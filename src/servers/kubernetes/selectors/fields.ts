import type { KubernetesObject } from '../cluster.ts';
import { badRequest } from '../errors.ts';
import { typeKey, type Kind } from '../kinds.ts';
import { asObject } from '../storage/json.ts';

export type FieldMatcher = (object: KubernetesObject) => boolean;

const OWN_FIELDS = ['metadata.name', 'metadata.namespace'];

/** The fields by which objects of a kind may be selected, beyond their name and namespace. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  '/nodes': ['spec.unschedulable'],
  '/namespaces': ['status.phase'],
  '/secrets': ['type'],
  '/services': ['spec.clusterIP', 'spec.type'],
  '/events': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'apps/replicasets': ['status.replicas'],
  'batch/jobs': ['status.successful'],
};

/**
 * Parses a field selector: `metadata.name=a,status.phase!=Running`.
 * @throws ApiError `BadRequest` when the kind cannot be selected by such a field.
 */
export function parseFieldSelector(kind: Kind, text: string | undefined): FieldMatcher {
  if (text === undefined || text.trim() === '') return () => true;
  const allowed = [...OWN_FIELDS, ...(FIELDS[typeKey(kind)] ?? [])];
  const requirements = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
      if (match === null) throw badRequest(`invalid field selector: "${text}"; can't understand "${part}"`);
      const [, field = '', operator = '', value = ''] = match;
      if (!allowed.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return { field, value, negated: operator === '!=' };
    });
  return (object) =>
    requirements.every(({ field, value, negated }) => (fieldText(object, field) === value) !== negated);
}

function fieldText(object: KubernetesObject, path: string): string {
  let value: unknown = path === 'source' ? asObject(object.source).component : object;
  if (path !== 'source') for (const key of path.split('.')) value = asObject(value)[key];
  if (value === undefined) return path === 'spec.unschedulable' || path === 'spec.hostNetwork' ? 'false' : '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

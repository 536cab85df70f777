import type { KubernetesObject } from '../cluster.ts';
import type { Kind } from '../kinds.ts';
import { asArray, asObject } from '../storage/json.ts';
import { labelValueProblem, nameProblem, qualifiedNameProblem } from './names.ts';
import type { Problems } from './problems.ts';

const ANNOTATIONS_LIMIT = 256 * 1024;

/** Checks what every object has (API conventions, "Metadata"). */
export function validateMetadata(kind: Kind, object: KubernetesObject, problems: Problems): void {
  const { metadata } = object;
  if (typeof metadata.name !== 'string' || metadata.name === '') {
    problems.required('metadata.name', 'name or generateName is required');
  } else {
    const problem = nameProblem(kind, metadata.name);
    if (problem !== undefined) problems.invalid('metadata.name', metadata.name, problem);
  }
  validateLabels(metadata.labels, 'metadata.labels', problems);
  validateAnnotations(metadata.annotations, problems);
  validateOwners(metadata.ownerReferences, problems);
  asArray(metadata.finalizers).forEach((finalizer) => {
    const problem = qualifiedNameProblem(String(finalizer));
    if (problem !== undefined) problems.invalid('metadata.finalizers', finalizer, problem);
  });
}

/** Checks a map of labels, also of a pod template. */
export function validateLabels(labels: unknown, field: string, problems: Problems): void {
  for (const [key, value] of Object.entries(asObject(labels))) {
    const keyProblem = qualifiedNameProblem(key);
    if (keyProblem !== undefined) problems.invalid(field, key, keyProblem);
    const valueProblem = typeof value === 'string' ? labelValueProblem(value) : 'must be a string';
    if (valueProblem !== undefined) problems.invalid(field, value, valueProblem);
  }
}

function validateAnnotations(annotations: unknown, problems: Problems): void {
  let size = 0;
  for (const [key, value] of Object.entries(asObject(annotations))) {
    const problem = qualifiedNameProblem(key.toLowerCase());
    if (problem !== undefined) problems.invalid('metadata.annotations', key, problem);
    size += key.length + String(value).length;
  }
  if (size > ANNOTATIONS_LIMIT) problems.tooLong('metadata.annotations', ANNOTATIONS_LIMIT);
}

function validateOwners(owners: unknown, problems: Problems): void {
  let controllers = 0;
  asArray(owners).forEach((owner, i) => {
    const field = `metadata.ownerReferences[${i}]`;
    const reference = asObject(owner);
    for (const key of ['apiVersion', 'kind', 'name', 'uid']) {
      if (typeof reference[key] !== 'string' || reference[key] === '') problems.required(`${field}.${key}`);
    }
    if (reference.controller === true) controllers += 1;
  });
  if (controllers > 1) {
    problems.invalid(
      'metadata.ownerReferences',
      owners,
      'Only one reference can have Controller set to true',
    );
  }
}

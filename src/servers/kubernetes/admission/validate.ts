import type { KubernetesObject } from '../cluster.ts';
import { invalid } from '../errors.ts';
import type { Kind } from '../kinds.ts';
import { validateMetadata } from './metadata.ts';
import { Problems } from './problems.ts';
import { RULES } from './rules.ts';
import { typeKey } from '../kinds.ts';

/**
 * Checks an object against the rules of its kind, and what may change between two states of it.
 * @throws ApiError `Invalid` with every problem as a cause.
 */
export function validate(kind: Kind, object: KubernetesObject, previous: KubernetesObject | undefined): void {
  const problems = new Problems();
  validateMetadata(kind, object, problems);
  RULES[typeKey(kind)]?.(object, problems, previous);
  if (problems.causes.length > 0) throw invalid(kind, object.metadata.name, problems.causes);
}

import { Problems } from '../admission/problems.ts';
import type { KubernetesObject } from '../cluster.ts';
import { invalid } from '../errors.ts';
import type { Kind } from '../kinds.ts';
import { checkValue } from '../schemas/check.ts';
import { applySchemaDefaults } from '../schemas/default-values.ts';
import { checkRules } from '../schemas/rules.ts';
import type { Schema } from '../schemas/schema.ts';
import { prune } from '../schemas/unknown-fields.ts';

/**
 * Prunes, defaults and validates a custom object against the schema of the version that is stored, its CEL rules
 * included.
 * @throws ApiError `Invalid` with every problem as a cause.
 */
export function admitCustom(
  kind: Kind,
  next: KubernetesObject,
  previous: KubernetesObject | undefined,
): void {
  const versions = kind.custom?.versions ?? [];
  const schema = (versions.find((version) => version.name === kind.version) ?? versions[0])?.schema;
  if (schema === undefined) return;
  prune(next, withoutMetadata(schema), () => undefined);
  applySchemaDefaults(next, schema);
  const problems = new Problems();
  const { metadata: _metadata, ...content } = next;
  const { required, ...rest } = schema;
  const shape =
    required === undefined ? rest : { ...rest, required: required.filter((field) => field !== 'metadata') };
  checkValue(content, shape, '', problems);
  if (problems.causes.length === 0) checkRules(next, previous, schema, problems);
  if (problems.causes.length > 0) throw invalid(kind, next.metadata.name, problems.causes);
}

/** Metadata has a schema of its own: what a definition says of it beyond `name` is not looked at. */
function withoutMetadata(schema: Schema): Schema {
  const { metadata: _metadata, ...properties } = schema.properties ?? {};
  return { ...schema, properties };
}

import { packageVersion } from '../../../lib/package.ts';
import type { Kind } from '../kinds.ts';
import { builtInDefinitions, schemaOf } from '../schemas/builtin.ts';
import type { Schema } from '../schemas/schema.ts';

/** A schema of an OpenAPI v2 document, as Kubernetes publishes it. */
export interface SwaggerSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SwaggerSchema>>;
  readonly additionalProperties?: SwaggerSchema;
  readonly items?: SwaggerSchema;
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}

export interface Swagger {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  /** Empty: only the definitions are told, which is what clients of this document read. */
  readonly paths: Readonly<Record<string, never>>;
  readonly definitions: Readonly<Record<string, SwaggerSchema>>;
}

/** The definitions of all kinds in one OpenAPI v2 document. */
export function swaggerOf(kinds: readonly Kind[]): Swagger {
  const definitions: Record<string, SwaggerSchema> = {};
  const convert = (schema: Schema): SwaggerSchema => convertSchema(schema, define);
  const define = (name: string): void => {
    if (definitions[name] !== undefined) return;
    definitions[name] = {};
    definitions[name] = convert(builtInDefinitions(name) ?? {});
  };
  for (const kind of kinds) {
    for (const version of kind.custom?.versions.map(({ name }) => name) ?? [kind.version]) {
      const { schema } = schemaOf(kind, version);
      const name = schema.$ref ?? `${kind.group.split('.').reverse().join('.')}.${version}.${kind.kind}`;
      if (schema.$ref === undefined) definitions[name] = convert(schema);
      else define(name);
      const gvk = { group: kind.group, version, kind: kind.kind };
      const before = (definitions[name]?.[GVK] as object[] | undefined) ?? [];
      definitions[name] = { ...definitions[name], [GVK]: [...before, gvk] };
    }
  }
  const info = { title: 'Kubernetes', version: packageVersion() };
  return { swagger: '2.0', info, paths: {}, definitions };
}

const GVK = 'x-kubernetes-group-version-kind';

/** OpenAPI v2 knows less than structural schemas do: what it has no word for is left out, so that more is allowed. */
function convertSchema(schema: Schema, define: (name: string) => void): SwaggerSchema {
  if (schema.$ref !== undefined) {
    define(schema.$ref);
    return { $ref: `#/definitions/${schema.$ref}` };
  }
  const { type, format, description, required, properties, items, additionalProperties } = schema;
  const convert = (each: Schema) => convertSchema(each, define);
  const extensions = Object.entries(schema).filter(
    ([key, value]) =>
      key.startsWith('x-kubernetes-') && key !== 'x-kubernetes-validations' && value !== undefined,
  );
  // A null, or a number where a text may stand, fits no single type.
  const typed = schema.nullable !== true && schema['x-kubernetes-int-or-string'] !== true;
  return {
    ...(type === undefined || !typed ? {} : { type }),
    ...(format === undefined || !typed ? {} : { format }),
    ...(description === undefined ? {} : { description }),
    ...(required === undefined ? {} : { required }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, each]) => [name, convert(each)]),
          ),
        }),
    ...(items === undefined ? {} : { items: convert(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: convert(additionalProperties) }
      : {}),
    ...Object.fromEntries(extensions),
  };
}

import { readFileSync } from 'node:fs';
import { builtFile } from '../../../lib/package.ts';
import { apiVersionOf, type Kind } from '../kinds.ts';
import type { Definitions, Schema } from './schema.ts';

interface SchemaFile {
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

let file: SchemaFile | undefined;

/** The schemas of the built-in kinds; read at the first use, some 70 kB. */
function load(): SchemaFile {
  file ??= JSON.parse(readFileSync(builtFile('kubernetes', 'schema.json'), 'utf8')) as SchemaFile;
  return file;
}

export const builtInDefinitions: Definitions = (name) => load().definitions[name];

/** The schema of a kind in one of its versions, and where its references lead. */
export function schemaOf(kind: Kind, version: string): { schema: Schema; definitions: Definitions } {
  if (kind.custom !== undefined) {
    const schema = kind.custom.versions.find((candidate) => candidate.name === version)?.schema ?? {};
    return { schema: withMetadata(schema), definitions: builtInDefinitions };
  }
  const name = load().kinds[`${apiVersionOf(kind)}/${kind.kind}`];
  return { schema: name === undefined ? {} : { $ref: name }, definitions: builtInDefinitions };
}

const completed = new WeakMap<Schema, Schema>();

/** Custom kinds may leave out what every object has. */
function withMetadata(schema: Schema): Schema {
  const known = completed.get(schema);
  if (known !== undefined) return known;
  const made: Schema = {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { $ref: 'ObjectMeta' },
    },
  };
  completed.set(schema, made);
  return made;
}

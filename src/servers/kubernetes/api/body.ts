import { parse as parseYaml } from 'yaml';
import { messageOf } from '../../../lib/errors.ts';
import { BodyTooLarge, readBody } from '../../../lib/http/body.ts';
import type { KubernetesObject } from '../cluster.ts';
import { ApiError, badRequest } from '../errors.ts';
import { apiVersionOf, type Kind } from '../kinds.ts';
import { PROTOBUF, decodeProtobuf, isProtobuf } from '../protobuf/decode.ts';
import { schemaOf } from '../schemas/builtin.ts';
import { coerceTypes } from '../schemas/coerce.ts';
import { duplicateKeys } from '../schemas/duplicates.ts';
import { prune } from '../schemas/unknown-fields.ts';
import { isObject, type JsonObject } from '../storage/json.ts';
import { BODY_LIMIT, type Call } from './call.ts';

const YAML_TYPES = ['application/yaml', 'application/apply-patch+yaml'];

/** A body as JSON, and what was odd about it. */
export interface Decoded {
  readonly value: JsonObject;
  /** Keys that stand twice. */
  readonly duplicates: readonly string[];
}

/** Reads the whole body. @throws ApiError `RequestEntityTooLarge`. */
export async function readRaw(call: Call): Promise<Buffer> {
  const { headers } = call.request;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ApiError('UnsupportedMediaType', `the content encoding "${encoding}" is not supported`);
  }
  // Reading a body that is not there would end the connection.
  if (
    headers['content-length'] === '0' ||
    (headers['content-length'] ?? headers['transfer-encoding']) === undefined
  ) {
    return Buffer.alloc(0);
  }
  try {
    return await readBody(call.request, BODY_LIMIT);
  } catch (error) {
    if (error instanceof BodyTooLarge) {
      throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${BODY_LIMIT}`);
    }
    throw error;
  }
}

/** Decodes JSON, YAML or protobuf by its content type. @throws ApiError `BadRequest`, `UnsupportedMediaType`. */
export function decodeBody(raw: Buffer, contentType: string): Decoded {
  if (contentType === PROTOBUF || isProtobuf(raw)) return { value: decodeProtobuf(raw), duplicates: [] };
  const text = raw.toString('utf8');
  if (YAML_TYPES.includes(contentType) && !text.trimStart().startsWith('{')) {
    return {
      value: asJsonObject(attempt(() => parseYaml(text, { version: '1.1' }) as unknown)),
      duplicates: [],
    };
  }
  if (
    contentType !== 'application/json' &&
    !contentType.endsWith('+json') &&
    !YAML_TYPES.includes(contentType)
  ) {
    throw new ApiError(
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  const value = asJsonObject(attempt(() => JSON.parse(text) as unknown));
  return { value, duplicates: duplicateKeys(text) };
}

function attempt(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: couldn't get version/kind; parse error: ${messageOf(error)}`,
    );
  }
}

function asJsonObject(value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw badRequest('the object provided is unrecognized: it is no object');
}

/**
 * Makes a decoded value an object of a kind: its type agrees with the URL, its fields have the types of the schema, and
 * fields that the kind does not have are refused, reported or dropped as `fieldValidation` says.
 */
export function asKind(
  call: Call,
  kind: Kind,
  version: string,
  { value, duplicates }: Decoded,
): KubernetesObject {
  const expected = apiVersionOf({ group: kind.group, version });
  for (const [field, wanted] of Object.entries({ apiVersion: expected, kind: kind.kind })) {
    const given = value[field];
    if (given !== undefined && given !== '' && given !== wanted) {
      throw badRequest(
        `the API version in the data (${String(value.apiVersion)}) and its kind (${String(value.kind)}) do not match the expected ${expected}, ${kind.kind}`,
      );
    }
    value[field] = wanted;
  }
  value.metadata ??= {};
  if (!isObject(value.metadata)) throw badRequest('metadata is no object');
  const { schema, definitions } = schemaOf(kind, version);
  if (kind.custom === undefined) coerceTypes(value, schema, definitions, kind.kind);
  else
    coerceTypes(
      value,
      { type: 'object', properties: { metadata: { $ref: 'ObjectMeta' } } },
      definitions,
      kind.kind,
    );
  reportUnknown(call, kind, version, prune(value, schema, definitions), duplicates);
  return value as KubernetesObject;
}

function reportUnknown(
  call: Call,
  kind: Kind,
  version: string,
  unknown: readonly string[],
  duplicates: readonly string[],
): void {
  const problems = [
    ...unknown.map((field) => `unknown field ${JSON.stringify(field)}`),
    ...duplicates.map((field) => `duplicate field ${JSON.stringify(field)}`),
  ];
  const mode = call.query('fieldValidation') ?? 'Warn';
  switch (mode) {
    case 'Ignore':
      return;
    case 'Warn':
      call.warnings.push(...problems);
      return;
    case 'Strict':
      if (problems.length === 0) return;
      throw badRequest(
        `${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: strict decoding error: ${problems.join(', ')}`,
      );
    default:
      throw new ApiError(
        'Invalid',
        `fieldValidation: Unsupported value: ${JSON.stringify(mode)}: supported values: "Ignore", "Strict", "Warn"`,
      );
  }
}

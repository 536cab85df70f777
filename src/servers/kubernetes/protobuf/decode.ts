import { badRequest } from '../errors.ts';
import { setOwn, type JsonObject } from '../storage/json.ts';
import { MESSAGES } from './messages.ts';
import { WireReader, utf8, type WireValue } from './wire.ts';

/** `k8s` and a zero byte: how the API's protobuf bodies begin. */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

interface Field {
  readonly name: string;
  readonly shape: 'one' | 'list' | 'map' | 'inline';
  readonly type: string;
}

/**
 * Fields that are pointers in the API's types: a zero on the wire was meant. All other zeros and empty strings stand
 * for "not given", as JSON leaves them out.
 */
const MEANT = new Set(
  (
    'replicas terminationGracePeriodSeconds activeDeadlineSeconds backoffLimit completions parallelism optional ' +
    'ttlSecondsAfterFinished revisionHistoryLimit progressDeadlineSeconds automountServiceAccountToken controller ' +
    'blockOwnerDeletion runAsUser runAsGroup fsGroup privileged runAsNonRoot readOnlyRootFilesystem defaultMode mode ' +
    'allowPrivilegeEscalation gracePeriodSeconds suspend expirationSeconds enableServiceLinks immutable ' +
    'shareProcessNamespace orphanDependents publishNotReadyAddresses allocateLoadBalancerNodePorts priority ' +
    'manualSelector tolerationSeconds hostUsers setHostnameAsFQDN ready serving terminating weight'
  ).split(' '),
);

/** Whether a body is an object in the API's protobuf envelope. */
export function isProtobuf(body: Buffer): boolean {
  return body.subarray(0, MAGIC.length).equals(MAGIC);
}

/**
 * Decodes an object from its envelope (`runtime.Unknown` after four magic bytes) to what its JSON would have been.
 * @throws ApiError `BadRequest` when the bytes are malformed or the kind is one that has no protobuf here.
 */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!isProtobuf(body)) throw badRequest('the body is no Kubernetes protobuf: its magic bytes are missing');
  let apiVersion = '';
  let kind = '';
  let raw: Buffer = Buffer.alloc(0);
  for (const [number, value] of new WireReader(body.subarray(MAGIC.length))) {
    if (number === 1) {
      for (const [part, text] of new WireReader(bytesOf(value))) {
        if (part === 1) apiVersion = utf8(bytesOf(text));
        if (part === 2) kind = utf8(bytesOf(text));
      }
    } else if (number === 2) raw = bytesOf(value);
  }
  if (!Object.hasOwn(MESSAGES, kind)) {
    throw badRequest(`no protobuf is known of the kind "${kind}" in ${apiVersion}: send JSON`);
  }
  return { apiVersion, kind, ...decodeMessage(kind, raw) };
}

const tables = new Map<string, ReadonlyMap<number, Field>>();

function fieldsOf(message: string): ReadonlyMap<number, Field> {
  const known = tables.get(message);
  if (known !== undefined) return known;
  const table = new Map<number, Field>();
  for (const entry of (MESSAGES[message] ?? '').split(', ')) {
    const [name = '', number = '0', type = ''] = entry.split(' ');
    const shape = ({ '[': 'list', '{': 'map', '^': 'inline' } as const)[type.charAt(0)] ?? 'one';
    table.set(Number(number), { name, shape, type: shape === 'one' ? type : type.slice(1) });
  }
  tables.set(message, table);
  return table;
}

function decodeMessage(message: string, bytes: Buffer, depth = 0): JsonObject {
  if (depth > 64) throw badRequest('the protobuf is nested too deep');
  const object: JsonObject = {};
  const fields = fieldsOf(message);
  for (const [number, value] of new WireReader(bytes)) {
    const field = fields.get(number);
    if (field === undefined) continue;
    switch (field.shape) {
      case 'inline':
        Object.assign(object, decodeMessage(field.type, bytesOf(value), depth + 1));
        break;
      case 'list':
        for (const item of unpacked(field.type, value)) {
          const list = (object[field.name] ??= []) as unknown[];
          list.push(decodeValue(field.type, item, depth) ?? '');
        }
        break;
      case 'map': {
        const map = (object[field.name] ??= {}) as JsonObject;
        const [key, item] = decodeEntry(field.type, bytesOf(value), depth);
        setOwn(map, key, item);
        break;
      }
      case 'one': {
        const decoded = decodeValue(field.type, value, depth);
        if (decoded !== undefined && isMeant(field.name, decoded)) object[field.name] = decoded;
        break;
      }
    }
  }
  return object;
}

function isMeant(name: string, value: unknown): boolean {
  return (value !== '' && value !== 0 && value !== false) || MEANT.has(name);
}

/** Numbers of a list may stand one by one or packed into one field. */
function unpacked(type: string, value: WireValue): WireValue[] {
  if (type !== 'int' || typeof value === 'bigint') return [value];
  return new WireReader(bytesOf(value)).varints();
}

function decodeEntry(type: string, bytes: Buffer, depth: number): [string, unknown] {
  let key = '';
  let item: unknown = SCALARS.has(type) ? '' : {};
  for (const [number, value] of new WireReader(bytes)) {
    if (number === 1) key = utf8(bytesOf(value));
    if (number === 2) item = decodeValue(type, value, depth) ?? item;
  }
  return [key, item];
}

const SCALARS = new Set(['string', 'bytes', 'int', 'bool', 'double', 'Quantity']);

function decodeValue(type: string, value: WireValue, depth: number): unknown {
  switch (type) {
    case 'string':
      return utf8(bytesOf(value));
    case 'bytes':
      return bytesOf(value).toString('base64');
    case 'int':
      return Number(BigInt.asIntN(64, numberOf(value)));
    case 'bool':
      return numberOf(value) !== 0n;
    case 'double':
      return bytesOf(value).readDoubleLE(0);
    case 'Time':
    case 'MicroTime':
      return decodeTime(bytesOf(value), type === 'MicroTime');
    case 'IntOrString':
      return decodeIntOrString(bytesOf(value));
    case 'Quantity':
      return firstText(bytesOf(value));
    case 'RawExtension':
    case 'FieldsV1': {
      const text = firstText(bytesOf(value));
      return text === '' ? undefined : JSON.parse(text);
    }
    // A list of strings in a message of its own.
    case 'ExtraValue':
      return decodeMessage('ExtraValue', bytesOf(value)).items ?? [];
    default:
      return decodeMessage(type, bytesOf(value), depth + 1);
  }
}

function decodeTime(bytes: Buffer, micro: boolean): string | undefined {
  let seconds = 0;
  let nanos = 0;
  for (const [number, value] of new WireReader(bytes)) {
    if (number === 1) seconds = Number(BigInt.asIntN(64, numberOf(value)));
    if (number === 2) nanos = Number(numberOf(value));
  }
  // The zero time of Go's `time.Time` is sent as an empty message.
  if (seconds === 0 && nanos === 0) return undefined;
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) throw badRequest('the protobuf holds a time out of range');
  const text = time.toISOString().slice(0, 19);
  return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

function decodeIntOrString(bytes: Buffer): number | string {
  let isText = false;
  let number = 0;
  let text = '';
  for (const [field, value] of new WireReader(bytes)) {
    if (field === 1) isText = numberOf(value) === 1n;
    if (field === 2) number = Number(BigInt.asIntN(64, numberOf(value)));
    if (field === 3) text = utf8(bytesOf(value));
  }
  return isText ? text : number;
}

function firstText(bytes: Buffer): string {
  for (const [number, value] of new WireReader(bytes)) if (number === 1) return utf8(bytesOf(value));
  return '';
}

function bytesOf(value: WireValue): Buffer {
  if (typeof value === 'bigint') throw badRequest('the protobuf has a number where bytes belong');
  return value;
}

function numberOf(value: WireValue): bigint {
  if (typeof value !== 'bigint') throw badRequest('the protobuf has bytes where a number belongs');
  return value;
}

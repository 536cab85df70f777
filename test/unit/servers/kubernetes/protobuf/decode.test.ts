import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../../../src/servers/kubernetes/errors.ts';
import { decodeProtobuf } from '../../../../../src/servers/kubernetes/protobuf/decode.ts';
import { MESSAGES } from '../../../../../src/servers/kubernetes/protobuf/messages.ts';
import { builtInDefinitions } from '../../../../../src/servers/kubernetes/schemas/builtin.ts';

function varint(value: number): Buffer {
  const bytes = [];
  for (let left = BigInt.asUintN(64, BigInt(value)); ; left >>= 7n) {
    if (left < 128n) return Buffer.from([...bytes, Number(left)]);
    bytes.push(Number(left & 127n) | 128);
  }
}

function bytes(field: number, content: Buffer | string): Buffer {
  const body = Buffer.from(content);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function envelope(apiVersion: string, kind: string, ...parts: Buffer[]): Buffer {
  const type = Buffer.concat([bytes(1, apiVersion), bytes(2, kind)]);
  return Buffer.concat([Buffer.from('k8s\0'), bytes(1, type), bytes(2, Buffer.concat(parts))]);
}

const metadata = (name: string) => bytes(1, bytes(1, name));
const entry = (key: string, value: Buffer | string) => Buffer.concat([bytes(1, key), bytes(2, value)]);

describe('protobuf bodies', () => {
  it('become what their JSON would have been', () => {
    const map = envelope(
      'v1',
      'ConfigMap',
      metadata('cm'),
      bytes(2, entry('a', 'b')),
      bytes(2, entry('__proto__', 'x')),
    );
    const decoded = decodeProtobuf(map);
    expect(decoded).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' } });
    expect(JSON.stringify(decoded.data)).toBe('{"a":"b","__proto__":"x"}');
  });

  it('keep bytes as base64, and times and ports as text or number', () => {
    expect(
      decodeProtobuf(envelope('v1', 'Secret', bytes(2, entry('p', Buffer.from([0, 255]))))),
    ).toMatchObject({
      data: { p: 'AP8=' },
    });
    const port = Buffer.concat([
      bytes(2, 'TCP'),
      number(3, 80),
      bytes(4, Buffer.concat([number(1, 1), bytes(3, 'http')])),
    ]);
    const service = envelope('v1', 'Service', bytes(2, bytes(1, port)));
    expect(decodeProtobuf(service)).toMatchObject({
      spec: { ports: [{ protocol: 'TCP', port: 80, targetPort: 'http' }] },
    });
    const event = envelope('v1', 'Event', bytes(6, number(1, 1_700_000_000)));
    expect(decodeProtobuf(event).firstTimestamp).toBe('2023-11-14T22:13:20Z');
  });

  it('leave out zeros that nobody meant, and keep those that were', () => {
    const spec = Buffer.concat([number(1, 0), number(5, 0), bytes(4, '')]);
    expect(decodeProtobuf(envelope('apps/v1', 'Deployment', metadata(''), bytes(2, spec)))).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {},
      spec: { replicas: 0, strategy: {} },
    });
  });

  it('put the fields of embedded messages into their parent', () => {
    const volume = Buffer.concat([bytes(1, 'v'), bytes(2, bytes(2, ''))]);
    const pod = envelope('v1', 'Pod', bytes(2, bytes(1, volume)));
    expect(decodeProtobuf(pod).spec).toEqual({ volumes: [{ name: 'v', emptyDir: {} }] });
  });

  it('are refused when they are broken or of an unknown kind, and never crash the server', () => {
    expect(() => decodeProtobuf(envelope('v1', 'Unheard'))).toThrow(
      'no protobuf is known of the kind "Unheard"',
    );
    expect(() => decodeProtobuf(envelope('v1', 'constructor'))).toThrow(ApiError);
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(MESSAGES)),
        fc.uint8Array({ maxLength: 60 }),
        (kind, content) => {
          try {
            decodeProtobuf(envelope('v1', kind, Buffer.from(content)));
          } catch (error) {
            expect(error).toBeInstanceOf(ApiError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('have a table in which every type is known', () => {
    const scalars = [
      'string',
      'bytes',
      'int',
      'bool',
      'double',
      'Time',
      'MicroTime',
      'IntOrString',
      'Quantity',
      'RawExtension',
      'FieldsV1',
    ];
    for (const [message, fields] of Object.entries(MESSAGES)) {
      for (const field of fields.split(', ').filter((text) => text !== '')) {
        expect(field, message).toMatch(/^\w+ \d+ [[{^]?\w+$/);
        const type = field.split(' ')[2]?.replace(/^[[{^]/, '') ?? '';
        expect(scalars.includes(type) || type in MESSAGES, `${message}: ${field}`).toBe(true);
      }
    }
  });

  it('name the fields of what people create as the schema does', () => {
    for (const kind of [
      'Namespace',
      'ConfigMap',
      'Secret',
      'ServiceAccount',
      'DeploymentSpec',
      'Role',
      'PolicyRule',
      'RoleBinding',
      'ServiceSpec',
      'ServicePort',
      'IngressSpec',
      'Container',
      'ObjectMeta',
    ]) {
      const properties = Object.keys(builtInDefinitions(kind)?.properties ?? {});
      for (const field of (MESSAGES[kind] ?? '').split(', '))
        expect(properties).toContain(field.split(' ')[0]);
    }
  });
});

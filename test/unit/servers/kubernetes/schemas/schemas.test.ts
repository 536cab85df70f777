import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problems } from '../../../../../src/servers/kubernetes/admission/problems.ts';
import {
  compareQuantities,
  isQuantity,
  quantityValue,
} from '../../../../../src/servers/kubernetes/admission/quantity.ts';
import { builtInDefinitions } from '../../../../../src/servers/kubernetes/schemas/builtin.ts';
import { checkValue } from '../../../../../src/servers/kubernetes/schemas/check.ts';
import { applySchemaDefaults } from '../../../../../src/servers/kubernetes/schemas/default-values.ts';
import { duplicateKeys } from '../../../../../src/servers/kubernetes/schemas/duplicates.ts';
import type { Schema } from '../../../../../src/servers/kubernetes/schemas/schema.ts';
import { prune } from '../../../../../src/servers/kubernetes/schemas/unknown-fields.ts';
import { readJsonPath } from '../../../../../src/servers/kubernetes/table/json-path.ts';
import { duration } from '../../../../../src/servers/kubernetes/table/cells.ts';

function problemsOf(value: unknown, schema: Schema): string[] {
  const problems = new Problems();
  checkValue(value, schema, 'spec', problems);
  return problems.causes.map(({ field, message }) => `${field ?? ''}: ${message}`);
}

describe('a structural schema', () => {
  it('tells what is wrong in the words of the API server', () => {
    const schema: Schema = {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', pattern: '^a', minLength: 2 },
        size: { type: 'integer', minimum: 1, maximum: 3 },
        colour: { type: 'string', enum: ['red', 'blue'] },
        port: { 'x-kubernetes-int-or-string': true },
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      },
    };
    expect(problemsOf({ size: 'x' }, schema)).toEqual([
      'spec.name: Required value',
      'spec.size: Invalid value: "x": spec.size in body must be of type integer: "string"',
    ]);
    expect(problemsOf({ name: 'b', size: 4, colour: 'pink', tags: ['a', 'a'] }, schema)).toEqual([
      'spec.name: Invalid value: "b": spec.name in body should be at least 2 chars long',
      'spec.name: Invalid value: "b": spec.name in body should match \'^a\'',
      'spec.size: Invalid value: 4: spec.size in body should be less than or equal to 3',
      'spec.colour: Unsupported value: "pink": supported values: "red", "blue"',
      'spec.tags[1]: Duplicate value: "a"',
    ]);
    expect(problemsOf({ name: 'ab', port: 'http' }, schema)).toEqual([]);
  });

  it('fills defaults in from the outside in', () => {
    const schema: Schema = {
      type: 'object',
      properties: { a: { type: 'object', default: {}, properties: { b: { type: 'integer', default: 1 } } } },
    };
    const value = {};
    applySchemaDefaults(value, schema);
    expect(value).toEqual({ a: { b: 1 } });
  });

  it('prunes what it does not know, and names it', () => {
    const pod = {
      kind: 'Pod',
      spec: { containers: [{ name: 'a', imag: 'x' }], contaners: [] },
      metadata: { labels: { any: 'x' } },
    };
    expect(prune(pod, { $ref: 'Pod' }, builtInDefinitions)).toEqual([
      'spec.containers[0].imag',
      'spec.contaners',
    ]);
    expect(pod.spec).toEqual({ containers: [{ name: 'a' }] });
  });
});

describe('keys that stand twice', () => {
  it('are found where they are', () => {
    expect(duplicateKeys('{"a":1,"b":{"c":[{"d":1,"d":2}]},"a":2}')).toEqual(['b.c[0].d', 'a']);
    expect(duplicateKeys('{"a\\"":1,"a\\u0022":2}')).toEqual(['a"']);
  });

  it('are not found in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(duplicateKeys(JSON.stringify(JSON.parse(text)))).toEqual([]);
      }),
    );
  });
});

describe('quantities', () => {
  it('are compared by their amount', () => {
    expect(quantityValue('500m')).toBe(0.5);
    expect(quantityValue('1Ki')).toBe(1024);
    expect(quantityValue('1e3')).toBe(1000);
    expect(compareQuantities('1Gi', '1000M')).toBeGreaterThan(0);
    for (const text of ['1', '0.5', '100m', '64Mi', '1E', '+1k']) expect(isQuantity(text)).toBe(true);
    for (const text of ['', 'x', '1 Gi', '1gb', '--1']) expect(isQuantity(text)).toBe(false);
  });
});

describe('paths of printer columns', () => {
  const object = {
    metadata: { labels: { 'app.kubernetes.io/name': 'web' } },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Old', status: 'False' },
      ],
    },
  };
  it.each([
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['.status.conditions[*].type', ['Ready', 'Old']],
    ['.status.conditions[0].type', ['Ready']],
    ['.metadata.labels.app\\.kubernetes\\.io/name', ['web']],
    ['.missing.field', []],
    ['.status[', []],
  ])('read %s', (path, expected) => {
    expect(readJsonPath(object, path)).toEqual(expected);
  });
});

describe('durations', () => {
  it.each([
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [312, '5m12s'],
    [3600, '60m'],
    [3 * 3600 + 60, '3h1m'],
    [49 * 3600, '2d1h'],
    [400 * 86400, '400d'],
    [3 * 365 * 86400, '3y'],
  ])('of %i seconds read %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

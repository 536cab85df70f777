import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  differs,
  ignoredPaths,
  ignoresFor,
  keepLiveValues,
  normalize,
  without,
} from '../../../../src/servers/gitops/diff.ts';
import { mergePatch } from '../../../../src/servers/gitops/merge-patch.ts';
import type { Manifest } from '../../../../src/servers/gitops/objects.ts';

const deployment = (replicas: number, image = 'web:1'): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'staging' },
  spec: {
    replicas,
    template: {
      spec: {
        containers: [
          { name: 'web', image },
          { name: 'side', image: 's' },
        ],
      },
    },
  },
});
const paths = (entry: object) => ignoredPaths({ kind: 'Deployment', ...entry });

describe('comparing', () => {
  it('does not see what the server counts, nor the status', () => {
    const live = deployment(1);
    const counted = {
      ...live,
      status: { replicas: 7 },
      metadata: {
        ...live.metadata,
        uid: 'u',
        resourceVersion: '9',
        generation: 3,
        annotations: { 'deployment.kubernetes.io/revision': '4' },
      },
    };
    expect(differs(live, counted)).toBe(false);
    expect(differs(live, deployment(2))).toBe(true);
  });

  it('leaves out what ignoreDifferences names, by pointer and by plain path', () => {
    const pointer = paths({ jsonPointers: ['/spec/replicas'] });
    expect(differs(deployment(1), deployment(2), pointer.paths)).toBe(false);
    const path = paths({ jqPathExpressions: ['.spec.template.spec.containers[].image'] });
    expect(differs(deployment(1, 'a'), deployment(1, 'b'), path.paths)).toBe(false);
    expect(differs(deployment(1, 'a'), deployment(2, 'b'), path.paths)).toBe(true);
  });

  it('knows pointers with escapes and quoted names', () => {
    const value = { metadata: { annotations: { 'a/b': '1', c: '2' } } };
    const left = { metadata: { annotations: { c: '2' } } };
    expect(without(value, paths({ jsonPointers: ['/metadata/annotations/a~1b'] }).paths)).toEqual(left);
    expect(without(value, paths({ jqPathExpressions: ['.metadata.annotations["a/b"]'] }).paths)).toEqual(
      left,
    );
  });

  it('tells which expressions it does not know', () => {
    const { unsupported } = paths({
      jqPathExpressions: ['.spec.containers[] | select(.name == "x")', '.spec.a'],
    });
    expect(unsupported).toEqual(['.spec.containers[] | select(.name == "x")']);
  });

  it('finds the entries for an object by group, kind and name', () => {
    const entries = [
      { group: 'apps', kind: 'Deployment' },
      { group: '*', kind: '*', name: 'other' },
      { kind: 'Deployment' },
    ];
    expect(ignoresFor(deployment(1), entries)).toEqual([entries[0]]);
  });

  it('keeps the live value of an ignored field in what is applied', () => {
    const { paths: ignored } = paths({ jsonPointers: ['/spec/replicas'] });
    expect(keepLiveValues(deployment(1), deployment(5), ignored)).toEqual(deployment(5));
  });

  it('normalises to the same thing again', () => {
    const texts = fc.dictionary(fc.string({ minLength: 1 }), fc.string());
    fc.assert(
      fc.property(fc.jsonValue(), texts, texts, (data, labels, annotations) => {
        const object = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'x', uid: 'u', labels, annotations },
          data,
          status: data,
        };
        const once = normalize(object);
        expect(normalize(once as unknown as Manifest)).toEqual(once);
        expect(once).not.toHaveProperty('status');
        expect(differs(object, { ...object, status: null })).toBe(false);
      }),
    );
  });
});

/** RFC 7396, as an API server applies it. */
function apply(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const result = new Map(Object.entries(base as Record<string, unknown>));
  for (const [name, value] of Object.entries(patch as Record<string, unknown>)) {
    if (value === null) result.delete(name);
    else result.set(name, apply(result.get(name), value));
  }
  return Object.fromEntries(result);
}

describe('a status patch', () => {
  it('turns the old status into the new one, and is nothing when they are equal', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer()));
    const { record } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, leaf, tie('record')),
      record: fc.dictionary(key, tie('value')),
    }));
    fc.assert(
      fc.property(record, record, (before, after) => {
        const patch = mergePatch(before, after);
        expect(patch === undefined ? before : apply(before, patch)).toEqual(after);
        expect(mergePatch(after, after)).toBeUndefined();
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strategicMerge } from '../../../../../src/servers/kubernetes/patch/strategic.ts';
import { mergePatch } from '../../../../../src/servers/kubernetes/patch/merge.ts';
import { builtInDefinitions } from '../../../../../src/servers/kubernetes/schemas/builtin.ts';

type Json = Record<string, unknown>;

function patchPod(spec: Json, patch: Json): Json {
  return strategicMerge({ spec }, { spec: patch }, { $ref: 'Pod' }, builtInDefinitions).spec as Json;
}

describe('a strategic merge patch', () => {
  const pod = {
    containers: [
      { name: 'app', image: 'a:1', env: [{ name: 'A', value: '1' }], args: ['x'] },
      { name: 'side', image: 'b:1' },
    ],
  };

  it('merges list items by their key and replaces lists without one', () => {
    expect(patchPod(pod, { containers: [{ name: 'app', image: 'a:2', args: ['y'] }] }).containers).toEqual([
      { name: 'app', image: 'a:2', env: [{ name: 'A', value: '1' }], args: ['y'] },
      { name: 'side', image: 'b:1' },
    ]);
  });

  it('adds, deletes and replaces items as its directives say', () => {
    expect(patchPod(pod, { containers: [{ name: 'app', $patch: 'delete' }] }).containers).toEqual([
      { name: 'side', image: 'b:1' },
    ]);
    expect(
      patchPod(pod, { containers: [{ $patch: 'replace' }, { name: 'new', image: 'c' }] }).containers,
    ).toEqual([{ name: 'new', image: 'c' }]);
    expect(
      patchPod(pod, { containers: [{ name: 'app', env: [{ name: 'B', value: '2' }] }] }).containers,
    ).toMatchObject([
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
      {},
    ]);
  });

  it('orders items as $setElementOrder says, and keeps the others in their place', () => {
    const { containers } = patchPod(pod, {
      '$setElementOrder/containers': [{ name: 'side' }, { name: 'app' }],
      containers: [{ name: 'side', image: 'b:2' }],
    });
    expect((containers as Json[]).map(({ name }) => name)).toEqual(['side', 'app']);
  });

  it('drops what $retainKeys leaves out', () => {
    const deployment = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(strategicMerge(deployment, patch, { $ref: 'Deployment' }, builtInDefinitions)).toEqual({
      spec: { strategy: { type: 'Recreate' } },
    });
  });

  it('takes values out of sets with $deleteFromPrimitiveList', () => {
    const object = { metadata: { finalizers: ['a/x', 'b/y'] } };
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a/x'] } };
    expect(strategicMerge(object, patch, { $ref: 'ConfigMap' }, builtInDefinitions)).toEqual({
      metadata: { finalizers: ['b/y'] },
    });
  });

  it('refuses an item without its key', () => {
    expect(() => patchPod(pod, { containers: [{ image: 'x' }] })).toThrow(
      'does not contain declared merge key: name',
    );
  });

  const containers = fc.uniqueArray(
    fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.string() }),
    { selector: ({ name }) => name },
  );

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(containers, containers, (present, patch) => {
        const once = patchPod({ containers: present }, { containers: patch });
        expect(patchPod(once, { containers: patch })).toEqual(once);
      }),
    );
  });

  it('holds every item of both sides exactly once', () => {
    fc.assert(
      fc.property(containers, containers, (present, patch) => {
        const merged = patchPod({ containers: present }, { containers: patch }).containers as {
          name: string;
        }[];
        const names = (items: { name: string }[]) => items.map(({ name }) => name);
        expect(names(merged).toSorted()).toEqual(
          [...new Set([...names(present), ...names(patch)])].toSorted(),
        );
      }),
    );
  });
});

describe('a JSON merge patch', () => {
  it('does the examples of RFC 7396', () => {
    const cases: [unknown, unknown, unknown][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [
        ['a', 'b'],
        ['c', 'd'],
        ['c', 'd'],
      ],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, result] of cases) expect(mergePatch(target, patch)).toEqual(result);
  });

  it('cannot reach what objects inherit', () => {
    mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}'));
    expect({}).not.toHaveProperty('polluted');
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });
});

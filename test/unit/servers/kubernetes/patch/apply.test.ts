import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../../../src/servers/kubernetes/cluster.ts';
import { applyConfiguration } from '../../../../../src/servers/kubernetes/patch/apply.ts';
import {
  difference,
  fromFieldsV1,
  intersection,
  toFieldsV1,
  union,
} from '../../../../../src/servers/kubernetes/patch/field-set.ts';
import { trackUpdate } from '../../../../../src/servers/kubernetes/patch/managed-fields.ts';
import { builtInDefinitions } from '../../../../../src/servers/kubernetes/schemas/builtin.ts';

type Json = Record<string, unknown>;
const common = {
  apiVersion: 'apps/v1',
  subresource: '',
  schema: { $ref: 'Deployment' },
  definitions: builtInDefinitions,
  hasStatus: true,
  now: '2026-01-01T00:00:00Z',
};

function config(spec: Json, labels?: Record<string, string>): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', ...(labels === undefined ? {} : { labels }) },
    spec,
  };
}

function apply(live: KubernetesObject | undefined, manager: string, spec: KubernetesObject, force = false) {
  return applyConfiguration(live, { ...common, manager, config: spec, force });
}

function withImage(image: string, env: Record<string, string> = {}): Json {
  const list = Object.entries(env).map(([name, value]) => ({ name, value }));
  return {
    template: { spec: { containers: [{ name: 'app', image, ...(list.length > 0 ? { env: list } : {}) }] } },
  };
}

describe('server-side apply', () => {
  it('removes what the manager no longer wants', () => {
    const first = apply(undefined, 'ci', config({ replicas: 3, ...withImage('a:1', { A: '1', B: '2' }) }));
    const second = apply(first, 'ci', config(withImage('a:2', { B: '2' })));
    expect(second.spec).toEqual(withImage('a:2', { B: '2' }));
  });

  it('keeps what another manager owns as well', () => {
    const first = apply(undefined, 'one', config({ replicas: 3 }, { app: 'web' }));
    const both = apply(first, 'two', config({ replicas: 3 }));
    const left = apply(both, 'one', config({}, { app: 'web' }));
    expect(left.spec).toEqual({ replicas: 3 });
    expect(apply(left, 'two', config({})).spec).toEqual({});
  });

  it('fails with every contested field, and takes them over when forced', () => {
    const first = apply(undefined, 'one', config({ replicas: 3, ...withImage('a:1') }));
    const contested = config({ replicas: 4, ...withImage('a:2') });
    expect(() => apply(first, 'two', contested)).toThrow(
      /Apply failed with 2 conflicts: .*"one".*\n- \.spec\.replicas\n- \.spec\.template\.spec\.containers\[name="app"\]\.image/,
    );
    const forced = apply(first, 'two', contested, true);
    expect(forced.spec).toMatchObject({ replicas: 4 });
    expect(() => apply(forced, 'one', config({ replicas: 5 }))).toThrow(
      '1 conflict: conflict with "two": .spec.replicas',
    );
  });

  it('conflicts with changes that were made without it', () => {
    const live = apply(undefined, 'ci', config({ replicas: 1 }));
    const edited = { ...structuredClone(live), spec: { replicas: 2 } };
    trackUpdate(live, edited, { ...common, manager: 'kubectl-edit' });
    expect(() => apply(edited, 'ci', config({ replicas: 1 }))).toThrow(
      'conflict with "kubectl-edit" using apps/v1 at 2026-01-01T00:00:00Z: .spec.replicas',
    );
  });

  it('leaves the items of a list that others own, in their order', () => {
    const first = apply(undefined, 'one', config(withImage('a:1', { A: '1', C: '3' })));
    const second = apply(first, 'two', config(withImage('a:1', { B: '2' })));
    const names = (object: KubernetesObject) =>
      (
        (object.spec as { template: { spec: { containers: { env: { name: string }[] }[] } } }).template.spec
          .containers[0]?.env ?? []
      ).map(({ name }) => name);
    expect(names(second).toSorted()).toEqual(['A', 'B', 'C']);
    expect(names(apply(second, 'one', config(withImage('a:1'))))).toEqual(['B']);
  });

  it('finds a port by number and protocol, though the protocol is left out', () => {
    const ports = (more: Json) => ({
      template: { spec: { containers: [{ name: 'app', ports: [{ containerPort: 80, ...more }] }] } },
    });
    const live = apply(undefined, 'one', config(ports({ protocol: 'TCP' })));
    const named = apply(live, 'two', config(ports({ name: 'http' })));
    expect(named.spec).toEqual(ports({ protocol: 'TCP', name: 'http' }));
  });

  const spec = fc.record(
    {
      replicas: fc.integer({ min: 0, max: 9 }),
      paused: fc.boolean(),
      template: fc.record({
        spec: fc.record({
          containers: fc.uniqueArray(
            fc.record({ name: fc.constantFrom('a', 'b', 'c'), image: fc.constantFrom('x', 'y') }),
            { selector: ({ name }) => name },
          ),
        }),
      }),
    },
    { requiredKeys: [] },
  );

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(spec, spec, (before, wanted) => {
        const live = apply(apply(undefined, 'other', config(before)), 'me', config(wanted), true);
        expect(apply(live, 'me', config(wanted))).toEqual(live);
      }),
    );
  });

  it('ends with what the only manager wants, whatever it wanted before', () => {
    fc.assert(
      fc.property(spec, spec, (before, wanted) => {
        const live = apply(apply(undefined, 'me', config(before)), 'me', config(wanted));
        const fresh = apply(undefined, 'me', config(wanted));
        expect(withoutEmpty(live.spec)).toEqual(withoutEmpty(fresh.spec));
      }),
    );
  });
});

/** Lists by name, and without what holds nothing: what the fields of a manager leave behind. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutEmpty) as { name: string }[];
    return items.length === 0 ? undefined : items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => [key, withoutEmpty(child)]);
  const kept = entries.filter(([, child]) => child !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

describe('sets of fields', () => {
  const fields: fc.Arbitrary<Json> = fc.letrec<{ node: Json }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.constant({}),
      fc
        .dictionary(fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', '.'), tie('node'), { maxKeys: 3 })
        .map((node) => ('.' in node ? { ...node, '.': {} } : node)),
    ),
  })).node;

  it('are written as they were read', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const once = toFieldsV1(fromFieldsV1(given));
        expect(toFieldsV1(fromFieldsV1(once))).toEqual(once);
      }),
    );
  });

  it('obey the laws of sets', () => {
    fc.assert(
      fc.property(fields, fields, (one, other) => {
        const [a, b] = [fromFieldsV1(one), fromFieldsV1(other)];
        const text = (set: typeof a) => JSON.stringify(toFieldsV1(set));
        expect(text(union(a, b))).toBe(text(union(b, a)));
        expect(text(intersection(a, b))).toBe(text(intersection(b, a)));
        expect(text(union(difference(a, b), intersection(a, b)))).toBe(text(union(a, intersection(a, a))));
        expect(text(intersection(difference(a, b), b))).toBe('{}');
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyText, type Manifest } from '../../../../../src/servers/gitops/objects.ts';
import { planSync, taskId, type PlanInput } from '../../../../../src/servers/gitops/sync/plan.ts';
import { compareTasks, kindRank } from '../../../../../src/servers/gitops/sync/waves.ts';

const object = (kind: string, name: string, wave?: number, extra: Record<string, string> = {}): Manifest => ({
  apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
  kind,
  metadata: {
    name,
    ...(kind === 'Namespace' ? {} : { namespace: 'staging' }),
    annotations: {
      ...(wave === undefined ? {} : { 'argocd.argoproj.io/sync-wave': String(wave) }),
      ...extra,
    },
  },
});

const plan = (input: Partial<PlanInput>) =>
  planSync({
    desired: [],
    extraneous: [],
    hooks: [],
    operation: {},
    revision: 'a'.repeat(40),
    startedAt: '2026-01-01T00:00:00Z',
    ...input,
  });
const desire = (...targets: Manifest[]) => targets.map((target) => ({ target, synced: false }));
const names = (input: Partial<PlanInput>) => plan(input).map(({ key }) => key.name);

describe('the order of a sync', () => {
  it('is phase, then wave, then kind, then name', () => {
    const hook = object('Pod', 'first', 5, { 'argocd.argoproj.io/hook': 'PreSync' });
    const after = object('Pod', 'last', -5, { 'argocd.argoproj.io/hook': 'PostSync' });
    expect(
      names({
        desired: desire(
          object('Deployment', 'web'),
          object('Service', 'web-service'),
          object('ConfigMap', 'b'),
          object('ConfigMap', 'a'),
          object('Deployment', 'early', -1),
        ),
        hooks: [after, hook],
      }),
    ).toEqual(['first', 'early', 'a', 'b', 'web-service', 'web', 'last']);
  });

  it('makes a namespace before the first thing that lives in it', () => {
    expect(
      names({ desired: desire(object('ConfigMap', 'a', -3), object('Namespace', 'staging', 2)) }),
    ).toEqual(['staging', 'a']);
  });

  it('makes a definition before the first object of its kind', () => {
    const definition = {
      ...object('CustomResourceDefinition', 'things.example.test', 1),
      apiVersion: 'apiextensions.k8s.io/v1',
      spec: { group: 'example.test', names: { kind: 'Thing' } },
    };
    const thing = { ...object('Thing', 'one', 0), apiVersion: 'example.test/v1' };
    expect(names({ desired: desire(thing, definition) })).toEqual(['things.example.test', 'one']);
  });

  it('prunes waves from the last to the first, or all of them at the end', () => {
    const extraneous = [object('ConfigMap', 'low', 0), object('ConfigMap', 'high', 3)];
    expect(names({ extraneous })).toEqual(['high', 'low']);
    const operation = { syncOptions: ['PruneLast=true'] };
    expect(names({ extraneous, operation, desired: desire(object('Service', 'kept', 7)) })).toEqual([
      'kept',
      'high',
      'low',
    ]);
  });

  it('names a generateName hook by revision, phase and start', () => {
    const hook = {
      ...object('Pod', ''),
      metadata: { generateName: 'check-', annotations: { 'argocd.argoproj.io/hook': 'PreSync' } },
    } as unknown as Manifest;
    expect(plan({ hooks: [{ ...hook, metadata: { ...hook.metadata } }] })[0]?.key.name).toMatch(
      /^(check-aaaaaaa-presync-1767225600)?$/,
    );
  });

  it('is the same whatever the order of the input, loses nothing, and keeps its order by pairs', () => {
    const manifests = fc.uniqueArray(
      fc.record({
        kind: fc.constantFrom('Namespace', 'ConfigMap', 'Service', 'Deployment', 'Other'),
        name: fc.stringMatching(/^[a-d]{1,2}$/),
        wave: fc.integer({ min: -3, max: 3 }),
      }),
      { selector: ({ kind, name }) => `${kind}/${name}`, maxLength: 14 },
    );
    fc.assert(
      fc.property(manifests, fc.integer({ min: 0, max: 100 }), (list, turn) => {
        const objects = list.map(({ kind, name, wave }) => object(kind, name, wave));
        const turned = [
          ...objects.slice(turn % (objects.length || 1)),
          ...objects.slice(0, turn % (objects.length || 1)),
        ];
        const tasks = plan({ desired: desire(...objects) });
        expect(plan({ desired: desire(...turned) }).map(taskId)).toEqual(tasks.map(taskId));
        expect(new Set(tasks.map(({ key }) => keyText(key))).size).toBe(objects.length);
        for (const [index, task] of tasks.entries()) {
          const next = tasks[index + 1];
          if (next !== undefined) expect(compareTasks(task, next)).toBeLessThanOrEqual(0);
        }
        for (const [index, { key }] of tasks.entries()) {
          if (key.kind !== 'Namespace') continue;
          expect(tasks.slice(0, index).every((task) => task.key.namespace !== key.name)).toBe(true);
        }
      }),
    );
  });

  it('puts kinds that it does not know at the end', () => {
    expect(kindRank('Thing')).toBeGreaterThan(kindRank('Ingress'));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApplicationStatus, OperationState } from '../../../../../src/clients/argocd-types.ts';
import { recordDeployment } from '../../../../../src/servers/gitops/history.ts';
import {
  decideAutomatedSync,
  healDelay,
  HEAL_MEMORY,
} from '../../../../../src/servers/gitops/sync/automated.ts';
import { parseDuration, retryDelay } from '../../../../../src/servers/gitops/sync/retry.ts';
import { application } from '../support/controller.ts';

const app = application('http://git/x');
const now = Date.parse('2026-01-01T01:00:00Z');
const resource = {
  version: 'v1',
  kind: 'ConfigMap',
  name: 'a',
  namespace: 'staging',
  status: 'OutOfSync',
} as const;
const status = (extra: Partial<ApplicationStatus> = {}): ApplicationStatus => ({
  sync: { status: 'OutOfSync', revision: 'r1' },
  resources: [resource],
  ...extra,
});
const last = (extra: Partial<OperationState> = {}, attempts = 0): OperationState => ({
  phase: 'Succeeded',
  operation: { sync: { revision: 'r1', autoHealAttemptsCount: attempts } },
  syncResult: { revision: 'r1', source: app.spec.source! },
  startedAt: '2026-01-01T00:59:50Z',
  finishedAt: '2026-01-01T00:59:59Z',
  ...extra,
});
const policy = (syncPolicy: object) => ({ ...app, spec: { ...app.spec, syncPolicy } });

describe('automated sync', () => {
  it('syncs a new revision, and not what is synced, unknown, manual or deleted', () => {
    expect(decideAutomatedSync(app, status(), now)).toMatchObject({
      action: 'sync',
      operation: { sync: { revision: 'r1', prune: true }, initiatedBy: { automated: true } },
    });
    const nothing = { action: 'none' };
    expect(decideAutomatedSync(app, status({ sync: { status: 'Synced', revision: 'r1' } }), now)).toEqual(
      nothing,
    );
    expect(decideAutomatedSync(app, status({ sync: { status: 'Unknown' } }), now)).toEqual(nothing);
    expect(decideAutomatedSync(policy({}), status(), now)).toEqual(nothing);
    expect(decideAutomatedSync(policy({ automated: { enabled: false } }), status(), now)).toEqual(nothing);
    expect(decideAutomatedSync({ ...app, operation: {} }, status(), now)).toEqual(nothing);
  });

  it('tries a failing revision once, and says so', () => {
    const decision = decideAutomatedSync(
      app,
      status({ operationState: last({ phase: 'Failed', message: 'why' }) }),
      now,
    );
    expect(decision).toEqual({
      action: 'refuse',
      condition: { type: 'SyncError', message: 'Failed last sync attempt to r1: why' },
    });
  });

  it('heals only with selfHeal, and only what is out of sync', () => {
    const seen = status({ operationState: last() });
    expect(decideAutomatedSync(policy({ automated: { prune: true } }), seen, now)).toEqual({
      action: 'none',
    });
    expect(decideAutomatedSync(app, seen, now)).toMatchObject({
      action: 'sync',
      operation: {
        sync: {
          autoHealAttemptsCount: 1,
          resources: [{ kind: 'ConfigMap', name: 'a', namespace: 'staging' }],
        },
      },
    });
  });

  it('heals at once at first, then backs off, and forgets after a while of peace', () => {
    expect([0, 1, 2, 3].map(healDelay)).toEqual([0, 0, 0, 0]);
    expect(healDelay(6)).toBeGreaterThan(healDelay(5));
    expect(healDelay(100)).toBe(60_000);
    const fighting = status({ operationState: last({}, 8) });
    expect(decideAutomatedSync(app, fighting, now).action).toBe('later');
    expect(decideAutomatedSync(app, fighting, now + HEAL_MEMORY + 2000).action).toBe('sync');
  });

  it('does not sync for prunes alone when it may not prune', () => {
    const extra = status({ resources: [{ ...resource, requiresPruning: true }] });
    expect(decideAutomatedSync(policy({ automated: {} }), extra, now)).toEqual({ action: 'none' });
    expect(decideAutomatedSync(app, extra, now).action).toBe('refuse');
    expect(
      decideAutomatedSync(policy({ automated: { prune: true, allowEmpty: true } }), extra, now).action,
    ).toBe('sync');
  });
});

describe('retries', () => {
  it('wait longer each time, up to the limit', () => {
    const strategy = { limit: 3, backoff: { duration: '1s', factor: 2, maxDuration: '3s' } };
    expect([0, 1, 2, 3].map((done) => retryDelay(strategy, done))).toEqual([1000, 2000, 3000, undefined]);
    expect(retryDelay(undefined, 0)).toBeUndefined();
    expect(retryDelay({ limit: -1 }, 50)).toBe(180_000);
  });
  it.each([
    ['5', 5000],
    ['1m30s', 90_000],
    ['250ms', 250],
    ['soon', undefined],
  ])('read the duration %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe('the history', () => {
  it('counts on, keeps the last ones, and remembers real deployments only', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 6 }), (times, limit) => {
        let history = recordDeployment([], last(), 10);
        for (let index = 1; index < times; index += 1)
          history = recordDeployment(history, last(), limit || 10);
        expect(history.length).toBe(Math.min(times, times === 1 ? 10 : limit || 10));
        expect(history.map(({ id }) => id)).toEqual(
          history.map((_, index) => times - history.length + index),
        );
      }),
    );
    expect(recordDeployment([], last({ phase: 'Failed' }))).toEqual([]);
    expect(recordDeployment([], last({ operation: { sync: { dryRun: true } } }))).toEqual([]);
    expect(
      recordDeployment([], last({ operation: { sync: { resources: [{ kind: 'A', name: 'b' }] } } })),
    ).toEqual([]);
    expect(recordDeployment([], last(), 0)).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatTrackingId,
  ownerOf,
  parseTrackingId,
  track,
} from '../../../../src/servers/gitops/tracking.ts';

const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const id = fc.record({
  application: name,
  group: fc.oneof(fc.constant(''), fc.constant('apps'), fc.constant('networking.k8s.io')),
  kind: fc.constantFrom('Deployment', 'ConfigMap', 'Ingress'),
  namespace: fc.oneof(fc.constant(''), name),
  // RBAC names carry colons and the like.
  name: fc.oneof(name, fc.constant('system:reader'), fc.constant('a.b.c')),
});

describe('a tracking id', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(id, (value) => {
        expect(parseTrackingId(formatTrackingId(value))).toEqual(value);
      }),
    );
  });

  it('has the form of Argo CD', () => {
    const target = track(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'prod' } },
      'shop',
    );
    expect(target.metadata.annotations).toEqual({
      'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:prod/web',
    });
    expect(ownerOf(target)).toBe('shop');
  });

  it('does not count on an object that it was copied to', () => {
    const target = track(
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'prod' } },
      'shop',
    );
    expect(ownerOf({ ...target, kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1' })).toBeUndefined();
    expect(ownerOf({ ...target, metadata: { ...target.metadata, name: 'other' } })).toBeUndefined();
  });

  it.each(['', 'shop', 'shop:Deployment:web', 'shop:apps/Deployment:web'])('is not "%s"', (text) => {
    expect(parseTrackingId(text)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import type { Ingress } from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { knownHosts, route } from '../../../../../src/servers/kubernetes/ingress/rules.ts';

const backend = (name: string) => ({ service: { name, port: { number: 80 } } });
const ingress: Ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', namespace: 'staging' },
  spec: {
    defaultBackend: backend('default'),
    rules: [
      {
        host: 'web.localhost',
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: backend('root') },
            { path: '/api', pathType: 'Prefix', backend: backend('api') },
            { path: '/api', pathType: 'Exact', backend: backend('exact') },
            { path: '/old/', pathType: 'ImplementationSpecific', backend: backend('old') },
          ],
        },
      },
      {
        host: '*.team.localhost',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend('team') }] },
      },
      {
        host: 'a.team.localhost',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend('a') }] },
      },
    ],
  },
};

describe('an Ingress', () => {
  it.each([
    ['web.localhost', '/', 'root'],
    ['web.localhost', '/apis', 'root'],
    ['web.localhost', '/api', 'exact'],
    ['web.localhost', '/api/', 'api'],
    ['web.localhost', '/api/v1', 'api'],
    ['web.localhost', '/old', 'old'],
    ['b.team.localhost', '/', 'team'],
    ['a.team.localhost', '/', 'a'],
    ['x.b.team.localhost', '/', 'default'],
    ['other.localhost', '/api', 'default'],
  ])('leads %s%s to %s', (host, path, service) => {
    expect(route([ingress], host, path)).toEqual({ namespace: 'staging', service, port: 80 });
  });

  it('leads nowhere without a rule, and knows its hosts', () => {
    expect(route([], 'web.localhost', '/')).toBeUndefined();
    expect(knownHosts([ingress])).toEqual(['*.team.localhost', 'a.team.localhost', 'web.localhost']);
  });
});

import { describe, expect, it } from 'vitest';
import type { AppProject } from '../../../../src/clients/argocd-types.ts';
import { matchesGlob } from '../../../../src/servers/gitops/glob.ts';
import {
  isDestinationPermitted,
  isSourcePermitted,
  refuseResource,
  validateSpec,
} from '../../../../src/servers/gitops/projects.ts';
import { application } from './support/controller.ts';

const project = (spec: AppProject['spec']): AppProject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'shop' },
  spec,
});
const key = (group: string, kind: string, namespace = 'staging', name = 'x') => ({
  group,
  kind,
  namespace,
  name,
});

describe('a project', () => {
  it('allows repositories by glob, whatever their spelling, and forbids by "!"', () => {
    const rules = project({ sourceRepos: ['http://git/playground/*', '!http://git/*/secret'] });
    expect(isSourcePermitted(rules, 'http://git/playground/gitops.git')).toBe(true);
    expect(isSourcePermitted(rules, 'http://git/Playground/GitOps/')).toBe(true);
    expect(isSourcePermitted(rules, 'http://git/playground/secret.git')).toBe(false);
    expect(isSourcePermitted(project({ sourceRepos: ['http://git/a/*'] }), 'http://git/a/deep/er')).toBe(
      false,
    );
    expect(isSourcePermitted(project({ sourceRepos: ['*'] }), 'https://any/where')).toBe(true);
    expect(isSourcePermitted(project({}), 'https://any/where')).toBe(false);
  });

  it('allows namespaces by glob, and forbids by "!"', () => {
    const server = 'https://kubernetes.default.svc';
    const rules = project({
      destinations: [
        { server, namespace: 'staging*' },
        { server, namespace: '!staging-secret' },
      ],
    });
    expect(isDestinationPermitted(rules, 'staging-2')).toBe(true);
    expect(isDestinationPermitted(rules, 'staging-secret')).toBe(false);
    const narrow = project({ destinations: [{ server, namespace: 'staging*' }] });
    expect(isDestinationPermitted(narrow, 'production')).toBe(false);
    // As in Argo CD, a denial allows everything that it does not name.
    expect(isDestinationPermitted(rules, 'production')).toBe(true);
    expect(
      isDestinationPermitted(project({ destinations: [{ name: 'in-cluster', namespace: '*' }] }), 'x'),
    ).toBe(true);
    expect(
      isDestinationPermitted(project({ destinations: [{ server: 'https://other', namespace: '*' }] }), 'x'),
    ).toBe(false);
  });

  it('allows namespaced kinds unless it says otherwise, and cluster kinds only where it says so', () => {
    const destinations = [{ server: '*', namespace: '*' }];
    const open = project({ destinations });
    expect(refuseResource(open, key('apps', 'Deployment'))).toBeUndefined();
    expect(refuseResource(open, key('', 'Namespace', ''))).toBe(
      'resource :Namespace is not permitted in project shop',
    );
    const named = project({
      destinations,
      clusterResourceWhitelist: [{ group: '', kind: 'Namespace', name: 'staging' }],
    });
    expect(refuseResource(named, key('', 'Namespace', '', 'staging'))).toBeUndefined();
    expect(refuseResource(named, key('', 'Namespace', '', 'other'))).toBeDefined();
    const narrow = project({
      destinations,
      namespaceResourceWhitelist: [{ group: 'apps', kind: '*' }],
      namespaceResourceBlacklist: [{ group: 'apps', kind: 'DaemonSet' }],
    });
    expect(refuseResource(narrow, key('apps', 'Deployment'))).toBeUndefined();
    expect(refuseResource(narrow, key('apps', 'DaemonSet'))).toBeDefined();
    expect(refuseResource(narrow, key('', 'Secret'))).toBeDefined();
    expect(
      refuseResource(project({ destinations: [{ server: '*', namespace: 'a' }] }), key('', 'Secret', 'b')),
    ).toBe("namespace b is not permitted in project 'shop'");
  });

  it('words what is wrong with a spec as Argo CD does', () => {
    const everything = project({ sourceRepos: ['*'], destinations: [{ server: '*', namespace: 'staging' }] });
    const messages = (spec: object, rules: AppProject | undefined = everything) =>
      validateSpec(application('http://git/x', spec).spec, rules).map(({ message }) => message);
    expect(messages({})).toEqual([]);
    expect(
      messages({ destination: { server: 'https://kubernetes.default.svc', namespace: 'prod' } }),
    ).toEqual([
      "application destination server 'https://kubernetes.default.svc' and namespace 'prod' do not match any of the " +
        "allowed destinations in project 'shop'",
    ]);
    expect(messages({ destination: { namespace: 'staging' } })).toEqual([
      'Destination server missing from app spec',
    ]);
    expect(messages({ destination: { server: 'https://elsewhere', namespace: 'staging' } })[0]).toMatch(
      /there are no clusters with this URL: https:\/\/elsewhere/,
    );
  });
});

describe('a glob', () => {
  it.each([
    ['*', 'a/b', '', true],
    ['*', 'a/b', '/', false],
    ['**', 'a/b', '/', true],
    ['{a,b}.yaml', 'b.yaml', '/', true],
    ['{a,b}.yaml', 'c.yaml', '/', false],
    ['a?c', 'abc', '', true],
    ['[a-c]x', 'bx', '', true],
    ['[!a]x', 'ax', '', false],
    ['a.b', 'axb', '', false],
    ['a(b', 'a(b', '', true],
    ['[z-a]', '[z-a]', '', true],
  ])('%s matches %s (separator "%s"): %s', (pattern, text, separator, expected) => {
    expect(matchesGlob(pattern, text, separator)).toBe(expected);
  });
});

import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isAffected, isSameRepository, readDelivery } from '../../../../src/servers/gitops/webhook.ts';
import { application } from './support/controller.ts';

const secret = 'shared';
const payload = {
  ref: 'refs/heads/main',
  after: 'b'.repeat(40),
  repository: { html_url: 'http://localhost:3000/playground/gitops', default_branch: 'main' },
  commits: [{ added: ['staging/a.yaml'], modified: [], removed: [] }],
};
const body = Buffer.from(JSON.stringify(payload));
const mac = createHmac('sha256', secret).update(body).digest('hex');

describe('a delivery', () => {
  it.each([
    ['Gogs', { 'x-gogs-event': 'push', 'x-gogs-signature': mac }],
    [
      'Gitea, which sends all three',
      {
        'x-gitea-event': 'push',
        'x-gogs-event': 'push',
        'x-github-event': 'push',
        'x-gitea-signature': mac,
        'x-gogs-signature': mac,
        'x-hub-signature-256': `sha256=${mac}`,
      },
    ],
    ['Gitea alone', { 'x-gitea-event': 'push', 'x-gitea-signature': mac }],
    ['GitHub', { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${mac}` }],
  ])('of %s is read when its signature is right', (_name, headers) => {
    expect(readDelivery(headers, body, secret)).toEqual({
      kind: 'push',
      push: {
        webUrl: payload.repository.html_url,
        revision: 'main',
        commit: payload.after,
        touchedHead: true,
        files: ['staging/a.yaml'],
      },
    });
  });

  it.each([
    ['a wrong signature', { 'x-gogs-event': 'push', 'x-gogs-signature': mac.replace(/^./, 'z') }],
    ['no signature', { 'x-gogs-event': 'push' }],
    [
      'the signature of another header family',
      { 'x-gogs-event': 'push', 'x-hub-signature-256': `sha256=${mac}` },
    ],
    ['no event', {}],
  ])('with %s is refused', (_name, headers) => {
    expect(readDelivery(headers, body, secret).kind).toBe('refused');
  });

  it('is refused when the body was changed on the way', () => {
    const changed = Buffer.from(body.toString().replace('main', 'evil'));
    expect(readDelivery({ 'x-gogs-event': 'push', 'x-gogs-signature': mac }, changed, secret).kind).toBe(
      'refused',
    );
  });

  it('that is no JSON, or no push, does nothing', () => {
    const headers = { 'x-gogs-event': 'push' };
    expect(readDelivery(headers, Buffer.from('{'), undefined).kind).toBe('refused');
    expect(readDelivery(headers, Buffer.from('[]'), undefined).kind).toBe('refused');
    expect(readDelivery({ 'x-gogs-event': 'create' }, body, undefined).kind).toBe('ignored');
  });
});

describe('an Application is affected', () => {
  const push = {
    webUrl: payload.repository.html_url,
    revision: 'main',
    commit: payload.after,
    touchedHead: true,
    files: ['staging/a.yaml'],
  };
  const app = (targetRevision: string, metadata = {}) =>
    application(
      '',
      { source: { repoURL: 'http://localhost:3999/playground/gitops.git', path: 'staging', targetRevision } },
      metadata,
    );

  it('by its branch, and by HEAD when the default branch was pushed', () => {
    expect(isAffected(app('main'), push)).toBe(true);
    expect(isAffected(app('refs/heads/main'), push)).toBe(true);
    expect(isAffected(app('HEAD'), push)).toBe(true);
    expect(isAffected(app(''), { ...push, touchedHead: false })).toBe(false);
    expect(isAffected(app('other'), push)).toBe(false);
    expect(isAffected(app('^1.2.0'), { ...push, revision: 'v1.3.0' })).toBe(true);
  });

  it('only by the paths that it declares', () => {
    const annotated = (paths: string) =>
      app('main', { annotations: { 'argocd.argoproj.io/manifest-generate-paths': paths } });
    expect(isAffected(annotated('.'), push)).toBe(true);
    expect(isAffected(annotated('/production'), push)).toBe(false);
    expect(isAffected(annotated('/production;/staging'), push)).toBe(true);
    expect(isAffected(annotated('.'), { ...push, files: ['stagingx/a.yaml'] })).toBe(false);
  });

  it.each([
    ['http://localhost:3000/playground/gitops.git', true],
    ['https://LOCALHOST/playground/gitops', true],
    ['http://developer:secret@localhost:1/playground/gitops/', true],
    ['git@localhost:playground/gitops.git', true],
    ['ssh://git@localhost:22/playground/gitops', true],
    ['http://127.0.0.1:3000/playground/gitops', false],
    ['http://localhost/playground/gitops-two', false],
    ['http://localhost/gitops', false],
    ['nonsense', false],
  ])('and %s is the repository: %s', (url, expected) => {
    expect(isSameRepository(url, payload.repository.html_url)).toBe(expected);
  });
});

import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../../../src/clients/argocd-types.ts';
import { createGitea, type GiteaClient } from '../../../../src/clients/gitea.ts';
import { basicAuthorization } from '../../../../src/lib/http/auth.ts';
import { silentLog } from '../../../../src/lib/log.ts';
import { waitFor } from '../../../../src/lib/wait.ts';
import { startGitServer, type GitServer } from '../../../../src/servers/git/server.ts';
import { startGitopsServer, type GitopsServer } from '../../../../src/servers/gitops/server.ts';
import { application, configMap } from './support/controller.ts';
import { FakeCluster } from './support/fake-cluster.ts';
import { fakeKubernetes } from './support/fake-kubernetes.ts';

const admin = { username: 'developer', password: 'git-secret', email: 'developer@example.test' };
const person = { username: 'admin', password: 'ops-secret' };
const webhookSecret = 'hook-secret';
let folder: string;
let git: GitServer;
let gitea: GiteaClient;
let gitops: GitopsServer;
let cluster: FakeCluster;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gitops-server-'));
  git = await startGitServer({ dataDir: join(folder, 'git'), port: 0, log: silentLog, admin });
  gitea = createGitea({ url: git.url, auth: admin });
  await gitea.createOrganization('playground');
  for (const name of ['gitops', 'secret']) {
    await gitea.createRepository('playground', {
      name,
      auto_init: true,
      default_branch: 'main',
      private: name === 'secret',
    });
    await gitea.createFile('playground', name, 'staging/one.json', configMap('one', 'a'));
  }
  cluster = new FakeCluster();
  cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'staging' } });
  gitops = await startGitopsServer({
    dataDir: join(folder, 'gitops'),
    port: 0,
    kubeconfig: fakeKubernetes(cluster),
    webhookSecret,
    pollSeconds: 3600,
    users: [person],
  });
});
afterAll(async () => {
  await gitops.close();
  await git.close();
  rmSync(folder, { recursive: true, force: true });
});

const repository = (name = 'gitops') => `${git.url}/playground/${name}.git`;
const app = (name = 'shop') =>
  cluster.find('argoproj.io/v1alpha1', 'Application', 'argocd', name) as unknown as Application | undefined;
const live = () => cluster.find('v1', 'ConfigMap', 'staging', 'one')?.data as { value?: string } | undefined;
const until = (what: string, holds: () => boolean) =>
  waitFor(
    () => (holds() ? { done: true, value: undefined } : { done: false, seen: JSON.stringify(app()?.status) }),
    {
      what,
      limit: 10_000,
      interval: 2,
    },
  );
const call = (path: string, init: RequestInit = {}) =>
  fetch(`${gitops.url}${path}`, { redirect: 'manual', ...init });
const authorization = basicAuthorization(person.username, person.password);
const post = (path: string, body: unknown, headers: Record<string, string> = { authorization }) =>
  call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('the webhook', () => {
  it('brings a push of the Git server into the cluster at once', async () => {
    cluster.put(application(repository()));
    await until('the first sync', () => app()?.status?.sync?.status === 'Synced');
    await gitea.createHook('playground', 'gitops', {
      type: 'gitea',
      active: true,
      events: ['push'],
      config: { url: `${gitops.url}/api/webhook`, content_type: 'json', secret: webhookSecret },
    });
    const file = await gitea.findFile('playground', 'gitops', 'staging/one.json');
    await gitea.updateFile(
      'playground',
      'gitops',
      'staging/one.json',
      configMap('one', 'pushed'),
      file?.sha ?? '',
    );
    await until('the push', () => live()?.value === 'pushed');
  });

  it('refuses a wrong signature and takes the right one', async () => {
    const body = JSON.stringify({
      ref: 'refs/heads/main',
      repository: { html_url: `${git.url}/playground/gitops`, default_branch: 'main' },
    });
    const sign = (secret: string) => createHmac('sha256', secret).update(body).digest('hex');
    const send = (signature: string) =>
      call('/api/webhook', {
        method: 'POST',
        headers: { 'x-gogs-event': 'push', 'x-gogs-signature': signature },
        body,
      });
    expect((await send(sign('guess'))).status).toBe(400);
    expect((await send(sign(webhookSecret))).status).toBe(200);
    expect((await call('/api/webhook', { method: 'POST', body })).status).toBe(400);
  });
});

describe('a private repository', () => {
  it('is read with the login of a Secret, and says what is missing without it', async () => {
    cluster.put(application(repository('secret'), {}, { name: 'private' }));
    const conditions = () => app('private')?.status?.conditions ?? [];
    await until('the refusal', () => conditions().length > 0);
    expect(conditions()[0]?.message).toMatch(/asks for a login|repository not found/);
    const encode = (text: string) => Buffer.from(text).toString('base64');
    cluster.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'repo',
        namespace: 'argocd',
        labels: { 'argocd.argoproj.io/secret-type': 'repository' },
      },
      data: {
        url: encode(repository('secret')),
        username: encode(admin.username),
        password: encode(admin.password),
      },
    });
    await until(
      'the sync',
      () => app('private')?.status?.sync?.revision !== undefined && conditions().length <= 1,
    );
    const kind = await cluster.kind('argoproj.io/v1alpha1', 'Application');
    await cluster.remove(kind!, 'argocd', 'private');
  });
});

describe('the REST API', () => {
  it('says who it is without a login, and nothing else', async () => {
    expect(await (await call('/healthz')).text()).toBe('ok');
    expect(await (await call('/api/version')).json()).toMatchObject({
      Version: expect.stringContaining('Argo-CD-compatible'),
    });
    const refused = await call('/api/v1/applications');
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({
      code: 16,
      error: expect.any(String),
      message: expect.any(String),
    });
  });

  it('gives a token for the right password, which then opens everything', async () => {
    expect((await post('/api/v1/session', { ...person, password: 'guess' }, {})).status).toBe(401);
    const { token } = (await (await post('/api/v1/session', person, {})).json()) as { token: string };
    const headers = { authorization: `Bearer ${token}` };
    expect(await (await call('/api/v1/session/userinfo', { headers })).json()).toMatchObject({
      loggedIn: true,
      username: 'admin',
    });
    const list = (await (await call('/api/v1/applications', { headers })).json()) as { items: Application[] };
    expect(list.items.map(({ metadata }) => metadata.name)).toContain('shop');
    const forged = { authorization: `Bearer ${token.slice(0, -4)}AAAA` };
    expect((await call('/api/v1/applications', { headers: forged })).status).toBe(401);
  });

  it('shows an Application, refreshes it, and lists what it deployed', async () => {
    const headers = { authorization };
    const seen = (await (
      await call('/api/v1/applications/shop?refresh=normal', { headers })
    ).json()) as Application;
    expect(seen.status?.sync?.status).toBe('Synced');
    const tree = await (await call('/api/v1/applications/shop/resource-tree', { headers })).json();
    expect(tree).toMatchObject({ nodes: [{ kind: 'ConfigMap', name: 'one' }] });
    const managed = (await (
      await call('/api/v1/applications/shop/managed-resources', { headers })
    ).json()) as object;
    expect(JSON.stringify(managed)).toContain('pushed');
    expect((await call('/api/v1/applications/gone', { headers })).status).toBe(404);
  });

  it('syncs, and refuses what automated sync forbids', async () => {
    expect((await post('/api/v1/applications/shop/sync', { prune: true })).status).toBe(200);
    await until('the sync', () => app()?.status?.operationState?.operation.initiatedBy?.username === 'admin');
    await until('its end', () => app()?.operation === undefined);
    const rollback = await post('/api/v1/applications/shop/rollback', { id: 0 });
    expect(rollback.status).toBe(400);
    expect(await rollback.json()).toMatchObject({
      code: 9,
      message: expect.stringContaining('rollback cannot be performed when auto-sync is enabled'),
    });
    expect((await post('/api/v1/applications/shop/sync', { revision: 'other' })).status).toBe(400);
    const broken = await call('/api/v1/applications/shop/sync', {
      method: 'POST',
      headers: { authorization },
      body: '{',
    });
    expect(broken.status).toBe(400);
  });

  it('lists projects', async () => {
    const list = await (await call('/api/v1/projects', { headers: { authorization } })).json();
    expect(list).toMatchObject({ items: [{ metadata: { name: 'default' } }] });
  });
});

describe('the pages', () => {
  it('ask for a login, then show the Applications and one of them', async () => {
    const refused = await call('/');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic/);
    const list = await (await call('/', { headers: { authorization } })).text();
    expect(list).toContain('<a href="/applications/shop">shop</a>');
    const one = await (await call('/applications/shop', { headers: { authorization } })).text();
    expect(one).toContain('ConfigMap');
    expect(one).not.toContain('Roll back');
  });

  it('write nothing for a foreign site, a foreign Host, or nobody', async () => {
    const form = (headers: Record<string, string>) =>
      call('/applications/shop/sync', { method: 'POST', headers });
    expect((await form({})).status).toBe(401);
    expect((await form({ authorization, origin: 'https://evil.test' })).status).toBe(403);
    expect((await form({ authorization, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await form({ authorization, 'sec-fetch-site': 'same-origin' })).status).toBe(303);
  });

  it('show names from Git as text', async () => {
    const source = { repoURL: repository(), path: '<script>alert(1)</script>', targetRevision: 'main' };
    cluster.put(application(repository(), { source }, { name: 'odd' }));
    await until('the comparison', () => (app('odd')?.status?.conditions ?? []).length > 0);
    const text = await (await call('/applications/odd', { headers: { authorization } })).text();
    expect(text).not.toContain('<script>alert');
    expect(text).toContain('&lt;script&gt;');
  });
});

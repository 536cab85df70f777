import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboardAddress, dashboardKey } from '../../../../src/dashboard/server/access.ts';
import { startDashboard } from '../../../../src/dashboard/server/server.ts';
import type { Listener } from '../../../../src/lib/http/listen.ts';
import { login, playgroundNowhere, webhookSecret } from '../support/nowhere.ts';

describe('the server of the dashboard', () => {
  let listener: Listener;
  const authorization = `Bearer ${dashboardKey({ git: login })}`;
  const url = (path: string) => `http://127.0.0.1:${listener.port}${path}`;
  const get = (path: string, headers: Record<string, string> = { authorization }) =>
    fetch(url(path), { headers });
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(url(path), { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  const codeOf = async (response: Response) =>
    ((await response.json()) as { error: { code: string } }).error.code;

  beforeAll(async () => {
    listener = await startDashboard(await playgroundNowhere(), 0, { engine: 'embedded' });
  });
  afterAll(() => listener.close());

  test('gives its page to everybody, with a policy that lets nothing else run', async () => {
    const page = await get('/', {});
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(await page.text()).not.toContain(login.username);
    expect((await get('/main.js', {})).headers.get('content-type')).toContain('text/javascript');
    expect((await get('/../package.json', {})).status).toBe(404);
  });

  test('tells only its name without the key', async () => {
    expect(await (await get('/api/name', {})).json()).toEqual({ name: 'class' });
    for (const path of [
      '/api/overview',
      '/api/events',
      '/api/repositories',
      '/api/cluster',
      '/api/builds/main/1/log',
    ]) {
      const refused = await get(path, {});
      expect([path, refused.status, await codeOf(refused)]).toEqual([path, 401, 'key-missing']);
    }
    expect((await get('/api/overview', { authorization: 'Bearer nonsense' })).status).toBe(401);
    expect((await get('/api/overview', { cookie: authorization })).status).toBe(401);
  });

  test('gives the key for the password, and shows neither of them anywhere else', async () => {
    const answer = await post('/api/login', JSON.stringify({ password: login.password }));
    expect(await answer.json()).toEqual({ key: dashboardKey({ git: login }) });
    const wrong = await post('/api/login', JSON.stringify({ password: 'guessed' }));
    expect([wrong.status, await codeOf(wrong)]).toEqual([401, 'password-wrong']);
    const overview = await (await get('/api/overview')).text();
    expect(overview).not.toContain(login.password);
    expect(overview).not.toContain(webhookSecret);
  });

  test('the address of open carries the key where no server sees it', () => {
    const address = new URL(dashboardAddress({ git: login, dashboard: { url: 'http://127.0.0.1:8400' } }));
    expect(address.hash).toBe(`#key=${dashboardKey({ git: login })}`);
    expect(address.search).toBe('');
  });

  test('refuses what another page makes a browser send', async () => {
    expect((await get('/api/overview', { authorization, origin: 'http://127.0.0.1:1' })).status).toBe(403);
    const form = await post('/api/login', 'password=x', { 'content-type': 'text/plain' });
    expect([form.status, await codeOf(form)]).toEqual([415, 'not-json']);
    const rebound = await new Promise<number>((resolve) => {
      request(url('/api/name'), { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      }).end();
    });
    expect(rebound).toBe(421);
  });

  test('takes deliveries of the Git server that are signed, and no others', async () => {
    const body = JSON.stringify({ ref: 'refs/heads/main' });
    const sign = (secret: string) => createHmac('sha256', secret).update(body).digest('hex');
    const deliver = (signature: string) =>
      post('/hooks/git', body, { 'x-gitea-event': 'push', 'x-gitea-signature': signature });
    expect((await deliver(sign(webhookSecret))).status).toBe(200);
    expect((await deliver(sign('another'))).status).toBe(403);
    expect((await deliver('')).status).toBe(403);
  });

  test('says which part does not answer, and what to do', async () => {
    const silent = await get('/api/repositories');
    expect(silent.status).toBe(502);
    expect(await silent.json()).toMatchObject({
      error: { code: 'part-silent', hint: expect.stringContaining('gitops-playground status') },
    });
  });

  test('refuses what makes no sense with a reason', async () => {
    expect((await get('/api/builds/main/none')).status).toBe(404);
    expect((await get('/api/trace/..%2f')).status).toBe(404);
    expect((await get('/api/image?repository=../x&reference=y')).status).toBe(404);
    expect(await codeOf(await get('/api/exercises'))).toBe('no-exercises');
    expect(await codeOf(await get('/api/nothing'))).toBe('not-found');
    const merge = await post('/api/repositories/gitops/pulls/1/merge', '{"style":"squish"}', {
      authorization,
    });
    expect([merge.status, await codeOf(merge)]).toEqual([400, 'field-wrong']);
  });

  test('tells a page that connects how the parts are, and ends the watching when it goes', async () => {
    const end = new AbortController();
    const response = await fetch(url('/api/events'), { headers: { authorization }, signal: end.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (text.includes('"state":"down"')) break;
    }
    expect(text).toContain('event: loop');
    end.abort();
  });
});

import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { basicAuthorization } from '../../../../src/lib/http/auth.ts';
import { JSON_LIMIT } from '../../../../src/servers/git/api/call.ts';
import { admin, startFixture, type Fixture } from './support.ts';

describe('bad requests to the Git server', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.dispose());

  const authorization = basicAuthorization(admin.username, admin.password);

  /** Sends a path as it is: fetch and URL would tidy it up. */
  function send(
    path: string,
    {
      method = 'GET',
      headers = {},
      body,
    }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
  ): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: fixture.server.port, path, method, headers },
        (response) => {
          response.toArray().then((chunks) => {
            const text = Buffer.concat(chunks as Buffer[]).toString();
            resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
          }, reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  test.each([
    '/playground/../../etc/passwd/info/refs?service=git-upload-pack',
    '/playground/..%2f..%2fetc/info/refs?service=git-upload-pack',
    '/%2e%2e/%2e%2e/info/refs?service=git-upload-pack',
    '/../playground/storefront.git/info/refs?service=git-upload-pack',
    '/playground/storefront.git/HEAD',
    '/playground/storefront.git/objects/info/packs',
    '/api/v1/repos/playground/storefront/raw/..%2f..%2fHEAD',
    '/api/v1/repos/playground/storefront/contents/.git/config',
    '/playground/storefront/src/branch/main/..%2f..%2fHEAD',
  ])('leads nowhere by the path %s', async (path) => {
    const { status, text } = await send(path);
    expect([401, 404, 422]).toContain(status);
    expect(text).not.toMatch(/root:|ref: refs/);
  });

  test('is refused with a foreign Host or Origin', async () => {
    expect((await send('/', { headers: { host: 'evil.example' } })).status).toBe(421);
    const origin = { origin: 'http://evil.example', authorization };
    const merge = '/playground/storefront/pulls/1/merge';
    expect((await send(merge, { method: 'POST', headers: origin })).status).toBe(403);
    expect((await send(merge, { method: 'POST', headers: { authorization } })).status).toBe(403);
  });

  test('is refused when a JSON body is too large, is no JSON or has the wrong types', async () => {
    const post = (body: string) =>
      send('/api/v1/orgs', {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body,
      });
    expect((await post(JSON.stringify({ username: 'x'.repeat(JSON_LIMIT) }))).status).toBe(413);
    expect(await post('{"username"')).toMatchObject({
      status: 422,
      text: expect.stringContaining('not JSON'),
    });
    expect(await post('[]')).toMatchObject({ status: 422 });
    expect(await post('{"username": 7}')).toMatchObject({
      status: 422,
      text: expect.stringContaining('[username]'),
    });
  });

  test('says in words that a password is wrong, and that a token is', async () => {
    const wrong = await send('/api/v1/user', {
      headers: { authorization: basicAuthorization('developer', 'no') },
    });
    expect(wrong).toMatchObject({ status: 401, text: expect.stringContaining('password is wrong') });
    expect(wrong.headers['www-authenticate']).toMatch(/^Basic/);
    const token = await send('/api/v1/user', { headers: { authorization: `token ${'0'.repeat(40)}` } });
    expect(token).toMatchObject({ status: 401, text: expect.stringContaining('token is not valid') });
  });

  test('tells git what is wrong with a request that is no packet line, packed or not', async () => {
    const path = '/playground/storefront.git/git-receive-pack';
    const headers = { authorization, 'content-type': 'application/x-git-receive-pack-request' };
    const body = 'zzzz this is no packet';
    expect((await send(path, { method: 'POST', headers, body })).status).toBe(400);
    const zipped = { ...headers, 'content-encoding': 'gzip' };
    expect((await send(path, { method: 'POST', headers: zipped, body: gzipSync(body) })).status).toBe(400);
    expect((await send(path, { method: 'POST', headers: zipped, body })).status).toBe(400);
    const plain = { authorization, 'content-type': 'text/plain' };
    expect((await send(path, { method: 'POST', headers: plain, body })).status).toBe(415);
    expect((await send('/playground/storefront.git/info/refs')).status).toBe(403);
  });

  test('to merge what conflicts is refused with the files, and a webhook to elsewhere with the reason', async () => {
    const at = ['playground', 'storefront'] as const;
    await fixture.gitea.createFile(...at, 'same.txt', 'theirs\n', { branch: 'main', new_branch: 'clash' });
    await fixture.gitea.createFile(...at, 'same.txt', 'ours\n');
    const { number, mergeable } = await fixture.gitea.createPull(...at, {
      head: 'clash',
      base: 'main',
      title: 'Clash',
    });
    expect(mergeable).toBe(false);
    await expect(fixture.gitea.mergePull(...at, number, { Do: 'merge' })).rejects.toThrow(/405.*same\.txt/);
    const hook = fixture.gitea.createHook(...at, {
      type: 'gitea',
      config: { url: 'http://192.168.0.1/', content_type: 'json' },
      events: ['push'],
      active: true,
    });
    await expect(hook).rejects.toThrow(/422.*this machine/);
  });

  test('leave the server working', async () => {
    expect(await fixture.gitea.findBranch('playground', 'storefront', 'main')).toMatchObject({
      name: 'main',
    });
  });
});

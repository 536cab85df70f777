import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { basicAuthorization } from '../../../../src/lib/http/auth.ts';
import { splitDiff } from '../../../../src/servers/git/pages/diff.ts';
import { admin, startFixture, startReceiver, type Fixture } from './support.ts';

describe('the pages of the Git server', () => {
  let fixture: Fixture;
  const authorization = basicAuthorization(admin.username, admin.password);
  const evil = '<script>alert(1)</script>';

  beforeAll(async () => {
    fixture = await startFixture();
    const { gitea } = fixture;
    await gitea.changeFiles(
      'playground',
      'storefront',
      [{ operation: 'create', path: 'src/page.html', content: Buffer.from(`${evil}\n`).toString('base64') }],
      { new_branch: 'feature/page', message: `Add a page ${evil}` },
    );
    await gitea.createPull('playground', 'storefront', {
      head: 'feature/page',
      base: 'main',
      title: `Page ${evil}`,
      body: evil,
    });
  });
  afterAll(() => fixture.dispose());

  async function open(path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
    const response = await fetch(`${fixture.server.url}${path}`, { redirect: 'manual', ...init });
    const text = await response.text();
    if (response.headers.get('content-type')?.startsWith('text/html') === true) {
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(text).not.toContain('<script');
    }
    return { status: response.status, text };
  }

  test.each([
    ['/', 'playground/storefront'],
    ['/playground/storefront', 'Initial commit'],
    ['/playground/storefront/commits', 'Initial commit'],
    ['/playground/storefront/src/branch/feature/page/src/page.html', '&lt;script&gt;alert(1)'],
    ['/playground/storefront/src/branch/feature/page/src', 'page.html'],
    ['/playground/storefront/commit/feature%2Fpage', '+&lt;script&gt;'],
    ['/playground/storefront/compare/main...feature/page', '+&lt;script&gt;'],
    ['/playground/storefront/pulls', 'Page &lt;script&gt;'],
    ['/playground/storefront/pulls/1', 'Merge</button>'],
    ['/playground/storefront/pulls/1.diff', '+++ b/src/page.html'],
  ])('%s shows what is there, escaped', async (path, shown) => {
    const { status, text } = await open(path);
    expect(status).toBe(200);
    expect(text).toContain(shown);
  });

  test('say that a page is not there', async () => {
    expect(await open('/playground/nothing')).toMatchObject({ status: 404 });
    expect(await open('/playground/storefront/src/branch/none/x')).toMatchObject({ status: 404 });
  });

  test('a raw file is never taken for a page of this server', async () => {
    const response = await fetch(
      `${fixture.server.url}/playground/storefront/raw/branch/feature/page/src/page.html`,
    );
    expect(await response.text()).toBe(`${evil}\n`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('the deliveries of a webhook show what was sent and answered, to the owner only', async () => {
    const receiver = await startReceiver();
    const config = { url: receiver.url, content_type: 'json' as const, secret: 'hush' };
    const { gitea } = fixture;
    const hook = await gitea.createHook('playground', 'storefront', {
      type: 'gitea',
      config,
      events: ['push'],
      active: true,
    });
    await gitea.testHook('playground', 'storefront', hook.id);
    await receiver.next(() => true);
    const path = `/playground/storefront/settings/hooks/${hook.id}`;
    expect((await open(path)).status).toBe(401);
    const shown = await open(path, { headers: { authorization } });
    expect(shown.text).toContain('x-gitea-signature');
    expect(shown.text).toContain('&quot;after&quot;');
    expect(shown.text).not.toContain('hush');
    await receiver.close();
  });

  test('the merge button asks for a login, and merges', async () => {
    const path = '/playground/storefront/pulls/1/merge';
    const form = { method: 'POST', body: new URLSearchParams({ style: 'squash' }) };
    const headers = { origin: fixture.server.url, 'sec-fetch-site': 'same-origin' };
    expect((await open(path, { ...form, headers })).status).toBe(401);
    expect((await open(path, { ...form, headers: { ...headers, authorization } })).status).toBe(303);
    expect((await open('/playground/storefront/pulls/1')).text).toContain('Merged by developer');
  });

  test('a diff is cut into its files', () => {
    const text = 'diff --git a/x b/x\nindex 1..2\n@@ -1 +1 @@\n-a\n+b\ndiff --git a/y b/z\nrename to z\n';
    expect(splitDiff(text)).toEqual([
      { title: 'x', lines: ['index 1..2', '@@ -1 +1 @@', '-a', '+b'] },
      { title: 'z', lines: ['rename to z'] },
    ]);
  });
});

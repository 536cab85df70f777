import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createJenkins } from '../../../../src/clients/jenkins.ts';
import { parseTree } from '../../../../src/servers/ci/api-json.ts';
import { calls, developer, finished, pipelineConfig, startFixture } from './support/fixture.ts';

const basic = (password: string) => `Basic ${Buffer.from(`developer:${password}`).toString('base64')}`;
const withPassword = { authorization: basic(developer.password) };

describe('the remote API', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>;
  let url: string;

  beforeAll(async () => {
    fixture = await startFixture();
    url = fixture.server.url;
    await fixture.jenkins.createJob('one', pipelineConfig(calls(['sh', { script: 'echo "<b>"' }])));
    await fixture.jenkins.trigger(['one']);
    await finished(fixture.jenkins, ['one']);
  });
  afterAll(async () => {
    await fixture.close();
  });

  test('the anonymous user gets 403, a browser the login, a wrong password 401', async () => {
    expect((await fetch(`${url}/api/json`)).status).toBe(403);
    const page = await fetch(`${url}/job/one/`, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect(page.headers.get('location')).toBe('/login?from=%2Fjob%2Fone%2F');
    expect((await fetch(`${url}/api/json`, { headers: { authorization: basic('wrong') } })).status).toBe(401);
  });

  test('every answer says which Jenkins it speaks like', async () => {
    expect((await fetch(`${url}/login`)).headers.get('x-jenkins')).toMatch(/^2\.\d+/);
    expect(await fixture.jenkins.version()).toMatch(/^2\.\d+/);
    expect(await fixture.jenkins.whoAmI()).toMatchObject({ name: 'developer', authenticated: true });
  });

  test('a POST with a password needs a crumb and its cookie; with an API token it needs none', async () => {
    const post = (headers: Record<string, string>) =>
      fetch(`${url}/job/one/build`, { method: 'POST', headers });
    const refused = await post(withPassword);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain('No valid crumb was included in the request');
    const issued = await fetch(`${url}/crumbIssuer/api/json`, { headers: withPassword });
    const { crumb } = (await issued.json()) as { crumb: string };
    const cookie = issued.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect((await post({ ...withPassword, 'jenkins-crumb': crumb })).status).toBe(403);
    const done = await post({ ...withPassword, 'jenkins-crumb': crumb, cookie });
    expect(done.status).toBe(201);
    expect(done.headers.get('location')).toMatch(/\/queue\/item\/\d+\/$/);
    expect((await post({ authorization: basic(developer.apiToken) })).status).toBe(201);
  });

  test('the login page gives a session whose forms carry the crumb, and leads nowhere else', async () => {
    const login = (from: string) =>
      fetch(`${url}/j_spring_security_check`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ j_username: 'developer', j_password: developer.password, from }),
      });
    expect((await login('//evil.example/')).headers.get('location')).toBe('/');
    const session = await login('/job/one/');
    expect(session.headers.get('location')).toBe('/job/one/');
    const cookie = session.headers.getSetCookie()[0] ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Lax/);
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    const page = await (await fetch(`${url}/job/one/1/`, { headers })).text();
    const crumb = /name="Jenkins-Crumb" value="([0-9a-f]+)"/.exec(page)?.[1] ?? '';
    const rebuild = (value: string) =>
      fetch(`${url}/job/one/1/replay/rebuild`, {
        method: 'POST',
        headers,
        redirect: 'manual',
        body: new URLSearchParams({ 'Jenkins-Crumb': value }),
      });
    expect((await rebuild('0'.repeat(64))).status).toBe(403);
    expect((await rebuild(crumb)).status).toBe(302);
  });

  test('tree selects properties and ranges; depth opens what is mentioned', async () => {
    const get = async (path: string) => (await fetch(`${url}${path}`, { headers: withPassword })).json();
    expect(await get('/api/json?tree=jobs[name,lastCompletedBuild[number]]')).toMatchObject({
      _class: 'hudson.model.Hudson',
      jobs: [{ _class: 'org.jenkinsci.plugins.workflow.job.WorkflowJob', name: 'one' }],
    });
    const { builds } = (await get('/job/one/api/json?tree=builds[number]{0,1}')) as { builds: unknown[] };
    expect(builds).toHaveLength(1);
    const shallow = (await get('/job/one/api/json')) as { builds: object[] };
    expect(Object.keys(shallow.builds[0] ?? {})).toEqual(['_class', 'number', 'url']);
    const deep = (await get('/job/one/api/json?depth=1')) as { builds: object[] };
    expect(deep.builds[0]).toHaveProperty('timestamp');
    expect((await fetch(`${url}/api/json?tree=jobs[`, { headers: withPassword })).status).toBe(400);
    expect(() => parseTree('a[b[c]],d{1,2}')).not.toThrow();
  });

  test('unknown things are 404, wrong methods 405, a bad path 400', async () => {
    const status = async (path: string) => (await fetch(`${url}${path}`, { headers: withPassword })).status;
    expect(await status('/job/none/api/json')).toBe(404);
    expect(await status('/job/one/99/api/json')).toBe(404);
    expect(await status('/job/one/nonsense')).toBe(404);
    expect(await status('/job/one/build')).toBe(405);
    expect(await status('/job/%zz/api/json')).toBe(400);
    expect(await status('/job/one/1/artifact/..%2f..%2fbuild.json')).toBe(404);
  });

  test('names that Jenkins does not allow are refused, and a job is not made twice', async () => {
    const xml = pipelineConfig('[]');
    for (const name of ['a/b', '..', 'x?', '']) {
      await expect(fixture.jenkins.createJob(name, xml)).rejects.toMatchObject({ status: 400 });
    }
    await expect(fixture.jenkins.createJob('one', xml)).rejects.toMatchObject({ status: 400 });
  });

  test('pages escape what builds have written', async () => {
    const page = await fetch(`${url}/job/one/1/logText/progressiveHtml`, { headers: withPassword });
    expect(await page.text()).toContain('\n&lt;b&gt;\r\n');
  });

  test('progressive text has the line ends of Jenkins and counts the bytes of the log, which the whole text has as they are', async () => {
    const read = (path: string) => fetch(`${url}/job/one/1/${path}`, { headers: withPassword });
    const whole = await (await read('consoleText')).text();
    expect(whole).not.toContain('\r');
    const progressive = await read('logText/progressiveText');
    expect(progressive.headers.get('x-text-size')).toBe(String(Buffer.byteLength(whole)));
    expect(await progressive.text()).toBe(whole.replaceAll('\n', '\r\n'));
  });

  test('credentials are listed and shown without their secrets, replaced and deleted', async () => {
    const { jenkins } = fixture;
    await jenkins.ensureCredential({ kind: 'usernamePassword', id: 'git', username: 'ci', password: 'p&<1' });
    await jenkins.ensureCredential({ kind: 'usernamePassword', id: 'git', username: 'ci', password: 'p&<2' });
    const path = `${url}/credentials/store/system/domain/_`;
    const list = await (await fetch(`${path}/api/json`, { headers: withPassword })).text();
    const one = await (await fetch(`${path}/credential/git/config.xml`, { headers: withPassword })).text();
    expect(list).toContain('Username with password');
    expect(list + one).not.toContain('p&');
    await jenkins.deleteCredential('git');
    expect(await jenkins.hasCredential('git')).toBe(false);
  });

  test('a foreign Host or Origin is refused before anything else', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      request(`${url}/login`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(answer).toBe(421);
    expect((await fetch(`${url}/login`, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  });

  test('a body beyond the limit is refused', async () => {
    const token = createJenkins({ url, username: 'developer', password: developer.apiToken });
    await expect(token.createJob('big', 'x'.repeat(9 * 1024 * 1024))).rejects.toMatchObject({ status: 413 });
  });
});

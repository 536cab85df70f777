import { afterEach, beforeEach, expect, test } from 'vitest';
import { admin, startFixture, type Fixture } from '../support.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(async () => {
  await fixture.dispose();
});

const content = (text: string) => Buffer.from(text).toString('base64');
async function api(path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
  const authorization = `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const response = await fetch(`${fixture.server.url}/api/v1/repos/playground/storefront/${path}`, {
    ...init,
    headers,
  });
  return { status: response.status, text: await response.text() };
}
const write = (path: string, text: string, branch: object) =>
  api(`contents/${path}`, {
    method: 'POST',
    body: JSON.stringify({ content: content(text), message: 'Write', ...branch }),
  });

test('a raw file is read at a branch, a tag or a commit, told in the query or at the beginning of the path', async () => {
  expect((await write('src/Jenkinsfile', 'of main', { branch: 'main' })).status).toBe(201);
  const onBranch = { branch: 'main', new_branch: 'feature/x' };
  expect((await write('src/other', 'of the branch', onBranch)).status).toBe(201);
  const branch = await fixture.gitea.findBranch('playground', 'storefront', 'main');
  for (const path of [
    'raw/src/Jenkinsfile',
    'raw/src/Jenkinsfile?ref=main',
    // As the Gitea plugin of Jenkins asks.
    'raw/main/src/Jenkinsfile',
    `raw/${branch?.commit.id ?? ''}/src/Jenkinsfile`,
    'raw/feature/x/src/Jenkinsfile',
  ]) {
    expect(await api(path), path).toEqual({ status: 200, text: 'of main' });
  }
  expect(await api('raw/feature/x/src/other')).toEqual({ status: 200, text: 'of the branch' });
  for (const path of ['raw/main/src/other', 'raw/src/other', 'raw/main', 'raw/none/src/Jenkinsfile']) {
    expect((await api(path)).status, path).toBe(404);
  }
});

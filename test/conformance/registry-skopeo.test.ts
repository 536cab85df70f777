import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { pushImage } from '../../src/clients/images.ts';
import { Registry } from '../../src/clients/registry.ts';
import { leastEnvironment, run } from '../../src/lib/process.ts';
import { startTestRegistry, type TestRegistry } from '../unit/servers/registry/support.ts';

let registry: TestRegistry;
let folder: string;
let missing: string | undefined;

const skopeo = (...args: string[]) => run('skopeo', args, { env: leastEnvironment(), timeout: 60_000 });

beforeAll(async () => {
  if ((await skopeo('--version').catch(() => undefined)) === undefined) missing = 'skopeo is not installed';
  registry = await startTestRegistry({ credentials: { username: 'ci', password: 'secret-of-ci' } });
  folder = await mkdtemp(join(tmpdir(), 'skopeo-'));
  const client = new Registry({ host: registry.server.host, username: 'ci', password: 'secret-of-ci' });
  await pushImage(client, {
    repository: 'skopeo/first',
    tags: ['one', 'two'],
    layers: [Buffer.alloc(1024), Buffer.alloc(300_000, 7)],
    config: { os: 'linux', architecture: 'amd64', config: { Env: ['A=B'], Labels: { made: 'by hand' } } },
  });
  client.close();
});

afterAll(async () => {
  await registry.dispose();
  await rm(folder, { recursive: true, force: true });
});

const test = (title: string, body: () => Promise<void>) => {
  it(title, async (ctx: TestContext) => {
    if (missing !== undefined) ctx.skip(missing);
    await body();
  });
};
const at = (name: string) => `docker://${registry.server.host}/${name}`;
const creds = ['--creds', 'ci:secret-of-ci'];

test('skopeo copies an image out, in again, and from repository to repository', async () => {
  const out = await skopeo(
    'copy',
    '--src-tls-verify=false',
    '--src-creds',
    'ci:secret-of-ci',
    at('skopeo/first:one'),
    `oci:${folder}/image:one`,
  );
  expect(out).toMatchObject({ exitCode: 0 });
  const index = JSON.parse(await readFile(join(folder, 'image', 'index.json'), 'utf8'));
  const { digest } = index.manifests[0];

  const back = await skopeo(
    'copy',
    '--dest-tls-verify=false',
    '--dest-creds',
    'ci:secret-of-ci',
    `oci:${folder}/image:one`,
    at('skopeo/second:back'),
  );
  expect(back).toMatchObject({ exitCode: 0 });
  const across = await skopeo(
    'copy',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    '--src-creds',
    'ci:secret-of-ci',
    '--dest-creds',
    'ci:secret-of-ci',
    at('skopeo/second:back'),
    at('skopeo/third:across'),
  );
  expect(across).toMatchObject({ exitCode: 0 });

  const client = new Registry({ host: registry.server.host, username: 'ci', password: 'secret-of-ci' });
  for (const [repository, tag] of [
    ['skopeo/first', 'one'],
    ['skopeo/second', 'back'],
    ['skopeo/third', 'across'],
  ] as const) {
    expect(await client.resolve(repository, tag)).toBe(digest);
  }
  client.close();
});

test('skopeo inspects an image', async () => {
  const result = await skopeo('inspect', '--tls-verify=false', ...creds, at('skopeo/first:two'));
  expect(result).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(result.stdout)).toMatchObject({
    Architecture: 'amd64',
    Env: ['A=B'],
    Labels: { made: 'by hand' },
    RepoTags: ['one', 'two'],
  });
});

test('skopeo lists tags and deletes an image', async () => {
  await skopeo(
    'copy',
    '--src-tls-verify=false',
    '--dest-tls-verify=false',
    '--src-creds',
    'ci:secret-of-ci',
    '--dest-creds',
    'ci:secret-of-ci',
    at('skopeo/first:one'),
    at('skopeo/doomed:x'),
  );
  const tags = await skopeo('list-tags', '--tls-verify=false', ...creds, at('skopeo/doomed'));
  expect(JSON.parse(tags.stdout)).toMatchObject({ Tags: ['x'] });
  expect(await skopeo('delete', '--tls-verify=false', ...creds, at('skopeo/doomed:x'))).toMatchObject({
    exitCode: 0,
  });
  expect((await skopeo('inspect', '--tls-verify=false', ...creds, at('skopeo/doomed:x'))).exitCode).not.toBe(
    0,
  );
});

test('skopeo is refused without the password', async () => {
  const result = await skopeo('inspect', '--tls-verify=false', '--creds', 'ci:wrong', at('skopeo/first:one'));
  expect(result.exitCode).not.toBe(0);
  expect(result.stderr).toMatch(/unauthorized|authentication required|invalid username\/password/i);
});

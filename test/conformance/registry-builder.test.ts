import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pushStandInBaseImage } from '../../src/clients/images.ts';
import { Registry } from '../../src/clients/registry.ts';
import { packageRoot } from '../../src/lib/package.ts';
import { leastEnvironment, run } from '../../src/lib/process.ts';
import { startTestRegistry, type TestRegistry } from '../unit/servers/registry/support.ts';

/** What the pipeline's image builder makes is read back with skopeo and tar. */
const builder = join(packageRoot, 'manifests/repos/pipeline-library/resources/build-image.mjs');
const user = { username: 'ci', password: 'secret-of-ci' };
let registry: TestRegistry;
let folder: string;

const env = leastEnvironment({ REGISTRY_USERNAME: user.username, REGISTRY_PASSWORD: user.password });
const build = (...args: string[]) =>
  run(
    process.execPath,
    [builder, '--context', folder, '--mirror', `docker.io=${registry.server.host}`, ...args],
    { env },
  );
const image = (name: string) => `${registry.server.host}/${name}`;

beforeAll(async () => {
  registry = await startTestRegistry({ credentials: user });
  await pushStandInBaseImage({ host: registry.server.host, ...user });
  folder = await mkdtemp(join(tmpdir(), 'builder-'));
  await mkdir(join(folder, 'src/deep'), { recursive: true });
  await mkdir(join(folder, 'node_modules/x'), { recursive: true });
  await Promise.all([
    writeFile(
      join(folder, 'Dockerfile'),
      `ARG VERSION=22
FROM node:\${VERSION}-alpine AS sources
COPY src /work/src
FROM node:\${VERSION}-alpine
WORKDIR /app
COPY package.json ./
COPY --chown=node --chmod=0750 run.sh .
COPY --from=sources /work/src ./src
ARG REVISION=unknown
ENV REVISION=$REVISION GREETING="hello world"
EXPOSE 8080
USER node
ENTRYPOINT ["node", "src/server.js"]
`,
    ),
    writeFile(join(folder, '.dockerignore'), 'node_modules\n**/*.log\n!src/keep.log\n'),
    writeFile(join(folder, 'package.json'), '{"name":"sample"}\n'),
    writeFile(join(folder, 'run.sh'), '#!/bin/sh\n'),
    writeFile(join(folder, 'src/server.js'), 'console.log("hi")\n'),
    writeFile(join(folder, 'src/debug.log'), 'left out\n'),
    writeFile(join(folder, 'src/keep.log'), 'kept\n'),
    writeFile(join(folder, 'src/deep', `${'long'.repeat(40)}.txt`), 'long\n'),
    writeFile(join(folder, 'src/größe.txt'), 'umlaut\n'),
    writeFile(join(folder, 'node_modules/x/index.js'), 'left out\n'),
  ]);
  await symlink('server.js', join(folder, 'src/link.js'));
});

afterAll(async () => {
  await registry.dispose();
  await rm(folder, { recursive: true, force: true });
});

it('builds an image that skopeo copies and tar unpacks', async (ctx) => {
  const skopeo = (...args: string[]) => run('skopeo', args, { env, timeout: 60_000 });
  if ((await skopeo('--version').catch(() => undefined)) === undefined) ctx.skip('skopeo is not installed');
  const json = join(folder, 'out.json');
  const built = await build(
    '--image',
    image('play/sample:v1'),
    '--build-arg',
    'REVISION=abc',
    '--label',
    'k=v',
    '--json',
    json,
  );
  expect(built).toMatchObject({ exitCode: 0 });
  const report = JSON.parse(await readFile(json, 'utf8'));
  expect(built.stdout.trim()).toBe(report.reference);
  expect(report.reference).toBe(`${image('play/sample')}@${report.digest}`);

  const copied = join(folder, 'copied');
  expect(
    await skopeo(
      'copy',
      '--src-tls-verify=false',
      '--src-creds',
      'ci:secret-of-ci',
      `docker://${report.reference}`,
      `oci:${copied}:x`,
    ),
  ).toMatchObject({ exitCode: 0 });
  const layer = join(copied, 'blobs/sha256', report.layers.at(-1).digest.slice('sha256:'.length));
  const listing = await run('tar', ['--utc', '-tvzf', layer], { env: { ...env, LC_ALL: 'C.UTF-8' } });
  expect(listing.exitCode).toBe(0);
  const lines = listing.stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '));
  expect(lines).toEqual([
    '-rw-r--r-- 0/0 18 1970-01-01 00:00 app/package.json',
    '-rwxr-x--- 1000/1000 10 1970-01-01 00:00 app/run.sh',
    'drwxr-xr-x 0/0 0 1970-01-01 00:00 app/src/deep/',
    `-rw-r--r-- 0/0 5 1970-01-01 00:00 app/src/deep/${'long'.repeat(40)}.txt`,
    expect.stringMatching(/app\/src\/gr.*e\.txt$/),
    '-rw-r--r-- 0/0 5 1970-01-01 00:00 app/src/keep.log',
    'lrwxrwxrwx 0/0 0 1970-01-01 00:00 app/src/link.js -> server.js',
    '-rw-r--r-- 0/0 18 1970-01-01 00:00 app/src/server.js',
  ]);

  const client = new Registry({ host: registry.server.host, ...user });
  const resolved = await client.image('play/sample', 'v1');
  client.close();
  expect(resolved?.digest).toBe(report.digest);
  expect(resolved?.config.config).toEqual({
    User: 'node',
    ExposedPorts: { '8080/tcp': {} },
    Env: [
      expect.stringMatching(/^PATH=/),
      `NODE_VERSION=${process.versions.node}`,
      'REVISION=abc',
      'GREETING=hello world',
    ],
    Entrypoint: ['node', 'src/server.js'],
    WorkingDir: '/app',
    Labels: { 'io.gitops-playground.runtime': 'host-node', k: 'v' },
  });
});

it('gives the same digest for the same content, whatever times and masks say', async () => {
  const first = await build('--image', image('play/same:one'));
  await chmod(join(folder, 'src/server.js'), 0o600);
  const second = await build('--image', image('play/same:two'));
  expect(second.stdout).toBe(first.stdout);
  expect(second.stderr).toContain('present');
  expect(second.stderr).not.toContain('pushed');
});

it.each([
  ['FROM node:22-alpine\n\nRUN npm ci\n', /Dockerfile:3: RUN needs .*BuildKit[^]*3 \| RUN npm ci/],
  ['FROM node:22-alpine\nCOPY absent.txt .\n', /:2: COPY of absent\.txt: there is no such file/],
  ['FROM node:22-alpine\nCOPY ../secrets .\n', /:2: COPY of \.\.\/secrets: outside the context/],
  ['FROM node:22-alpine\nCOPY passwd .\n', /:2: COPY of passwd: the link leads outside/],
  ['FROM node:22-alpine\nCOPY <<EOF /x\nhi\nEOF\n', /:2: here-documents are not supported/],
  ['FROM node:22-alpine\nWHATEVER x\n', /:2: WHATEVER is not an instruction/],
  ['FROM node:22-alpine\nCMD ["node", x]\n', /:2: CMD is not a list of texts in JSON/],
  ['FROM node:99-none\n', /has no image library\/node:99-none/],
])('refuses %j and says why', async (source, message) => {
  const file = join(folder, 'Bad.Dockerfile');
  await writeFile(file, source);
  await symlink('/etc/passwd', join(folder, 'passwd')).catch(() => undefined);
  const refused = await build('--file', file, '--image', image('play/bad:x'));
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(message);
  expect(refused.stdout).toBe('');
  await rm(join(folder, 'passwd'));
});

it('tells wrong use from failure', async () => {
  const noImage = await build();
  expect(noImage.exitCode).toBe(2);
  expect(noImage.stderr).toContain('--image is missing');
  const wrongPassword = await run(
    process.execPath,
    [
      builder,
      '--context',
      folder,
      '--mirror',
      `docker.io=${registry.server.host}`,
      '--image',
      image('play/x:y'),
    ],
    {
      env: { ...env, REGISTRY_PASSWORD: 'wrong' },
    },
  );
  expect(wrongPassword.exitCode).toBe(1);
  expect(wrongPassword.stderr).toContain('UNAUTHORIZED');
});

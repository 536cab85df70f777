import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packTar } from 'modern-tar';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { leastEnvironment, run } from '../../src/lib/process.ts';
import { startTestRegistry, type TestRegistry } from '../unit/servers/registry/support.ts';

/** `docker push` and `docker pull`, where a Docker engine runs. */
const env = leastEnvironment(
  process.env.DOCKER_HOST === undefined ? {} : { DOCKER_HOST: process.env.DOCKER_HOST },
);
const docker = (...args: string[]) => run('docker', args, { env, timeout: 60_000 });

let registry: TestRegistry;
let folder: string;
let refusal: string | undefined;

beforeAll(async () => {
  const info = await docker('version', '--format', '{{.Server.Version}}').catch(() => undefined);
  if (info === undefined) refusal = 'docker is not installed';
  else if (info.exitCode !== 0) refusal = 'no Docker engine runs here';
  registry = await startTestRegistry();
  folder = await mkdtemp(join(tmpdir(), 'docker-push-'));
});

afterAll(async () => {
  await registry.dispose();
  await rm(folder, { recursive: true, force: true });
});

const needsDocker = (ctx: TestContext) => {
  if (refusal !== undefined) ctx.skip(refusal);
};

it('takes an image from docker push, and gives it to docker pull', async (ctx) => {
  needsDocker(ctx);
  const image = `localhost:${registry.server.port}/docker/sample:one`;
  const archive = join(folder, 'image.tar');
  const body = 'from docker\n';
  await writeFile(archive, await packTar([{ header: { name: 'hello.txt', size: body.length }, body }]));
  try {
    expect(await docker('import', archive, image)).toMatchObject({ exitCode: 0 });
    expect(await docker('push', image)).toMatchObject({ exitCode: 0 });
    const tags = await registry.fetch('/v2/docker/sample/tags/list');
    expect(await tags.json()).toEqual({ name: 'docker/sample', tags: ['one'] });

    const pushedAgain = await docker('push', image);
    expect(pushedAgain.stdout).toContain('Layer already exists');

    await docker('tag', image, image.replace('sample', 'mounted'));
    const mounted = await docker('push', image.replace('sample', 'mounted'));
    expect(mounted.stdout).toContain('Mounted from docker/sample');
    await docker('rmi', image, image.replace('sample', 'mounted'));

    const pulled = await docker('pull', image);
    expect(pulled).toMatchObject({ exitCode: 0 });
    expect(pulled.stdout).toContain('Downloaded newer image');
  } finally {
    await docker('rmi', '--force', image);
  }
}, 120_000);

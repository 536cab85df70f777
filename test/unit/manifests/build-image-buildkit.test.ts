import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../src/lib/process.ts';
import { builtFile } from '../../../src/lib/package.ts';
import { folderWith } from './library.ts';

const program = builtFile('repos', 'pipeline-library', 'resources', 'build-image.mjs');
const digest = `sha256:${'a'.repeat(64)}`;

/** A `buildctl` that writes down how it was called and answers as the real one: by its metadata file. */
const buildctl = (answer: object | undefined, exitCode = 0) => `#!/usr/bin/env node
const { readFileSync, writeFileSync, existsSync } = require('node:fs');
const args = process.argv.slice(2);
const login = process.env.DOCKER_CONFIG ? process.env.DOCKER_CONFIG + '/config.json' : '';
writeFileSync(process.env.CALLED, JSON.stringify({
  args,
  host: process.env.BUILDKIT_HOST,
  login: existsSync(login) ? JSON.parse(readFileSync(login, 'utf8')) : null,
}));
console.error('#1 building');
const metadata = args[args.indexOf('--metadata-file') + 1];
${answer === undefined ? '' : `writeFileSync(metadata, ${JSON.stringify(JSON.stringify(answer))});`}
process.exit(${exitCode});
`;

async function build(
  options: {
    readonly answer?: object;
    readonly exitCode?: number;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly installed?: boolean;
  } = {},
) {
  const { answer = { 'containerimage.digest': digest }, exitCode = 0, args = [], env = {} } = options;
  const folder = await folderWith({ 'context/Dockerfile': 'FROM scratch\nRUN id\n' });
  const called = join(folder, 'called.json');
  if (options.installed !== false) {
    await writeFile(join(folder, 'buildctl'), buildctl(answer, exitCode));
    await chmod(join(folder, 'buildctl'), 0o755);
  }
  await writeFile(join(folder, 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  const context = join(folder, 'context');
  const json = join(folder, 'image.json');
  const image = 'registry.test:5000/playground/storefront:abc';
  const result = await run(
    process.execPath,
    [program, '--context', context, '--image', image, '--json', json, ...args],
    {
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        BUILDKIT_HOST: 'unix:///run/buildkit/buildkitd.sock',
        CALLED: called,
        ...env,
      },
    },
  );
  const read = async (file: string) => {
    const text = await readFile(file, 'utf8').catch(() => 'null');
    return JSON.parse(text) as Record<string, unknown> & { args: string[] };
  };
  return { ...result, context, written: await read(json), call: await read(called) };
}

/** The values of an option that may be repeated. */
const valuesOf = (args: readonly string[], flag: string) =>
  args.filter((_, index) => args[index - 1] === flag);

describe('build-image with BuildKit beside the agent', () => {
  it('builds what no builder without a daemon can, and gives the digest that was pushed', async () => {
    const { exitCode, stdout, stderr, written, call } = await build();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('#1 building') });
    expect(stdout).toBe(`registry.test:5000/playground/storefront@${digest}\n`);
    expect(written).toMatchObject({ digest, image: 'registry.test:5000/playground/storefront', tags: ['abc'] });
    expect(call.host).toBe('unix:///run/buildkit/buildkitd.sock');
  });

  it('hands on context, file, stage, platform, arguments and labels', async () => {
    const { call, context } = await build({
      args: [
        ...['--target', 'run', '--platform', 'linux/arm64'],
        ...['--build-arg', 'REVISION=abc', '--label', 'org.opencontainers.image.title=storefront, the shop'],
      ],
    });
    expect(call.args[0]).toBe('build');
    expect(valuesOf(call.args, '--frontend')).toEqual(['dockerfile.v0']);
    expect(valuesOf(call.args, '--local')).toEqual([`context=${context}`, `dockerfile=${context}`]);
    expect(valuesOf(call.args, '--opt')).toEqual([
      'filename=Dockerfile',
      'platform=linux/arm64',
      'target=run',
      'build-arg:REVISION=abc',
      'label:org.opencontainers.image.title=storefront, the shop',
    ]);
  });

  it('pushes every tag, over plain HTTP where that was told, with the annotations', async () => {
    const { call, written } = await build({
      args: ['--tag', 'main', '--plain-http', 'registry.test:5000', '--revision', 'abc'],
    });
    const name = 'registry.test:5000/playground/storefront';
    expect(valuesOf(call.args, '--output')).toEqual([
      `type=image,"name=${name}:abc,${name}:main",push=true,oci-mediatypes=true,registry.insecure=true,annotation.org.opencontainers.image.revision=abc`,
    ]);
    expect(written.tags).toEqual(['abc', 'main']);
  });

  it('asks for TLS where plain HTTP was not told', async () => {
    const { call } = await build();
    expect(valuesOf(call.args, '--output')[0]).not.toContain('insecure');
  });

  it("signs in to the image's registry alone, by a file that is gone afterwards", async () => {
    const { call } = await build({ env: { REGISTRY_USERNAME: 'ci', REGISTRY_PASSWORD: 'secret' } });
    const auth = Buffer.from('ci:secret').toString('base64');
    expect(call.login).toEqual({ auths: { 'registry.test:5000': { auth } } });
    expect(call.args.join(' ')).not.toContain('secret');
    const [metadata = ''] = valuesOf(call.args, '--metadata-file');
    await expect(readFile(metadata)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('fails as the build does', async () => {
    const { exitCode, stderr, written } = await build({ exitCode: 3 });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('buildctl ended with 3');
    expect(written).toBeNull();
  });

  it('fails when the daemon does not say what was pushed', async () => {
    const { exitCode, stderr } = await build({ answer: {} });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining('did not say what it has pushed'),
    });
  });

  it('says so when the agent has an address of BuildKit, but no buildctl', async () => {
    const { exitCode, stderr } = await build({ installed: false });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('BUILDKIT_HOST is set, but there is no buildctl on the PATH');
  });
});

describe('build-image without BuildKit', () => {
  it('leaves a Dockerfile with RUN to a builder that executes programs', async () => {
    const { exitCode, stderr, call } = await build({ env: { BUILDKIT_HOST: '' } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('RUN');
    expect(call).toBeNull();
  });

  it('says why, where BuildKit is beside the agent but cannot run on the node', async () => {
    const folder = await folderWith({ unavailable: 'error: no room for user namespaces\n' });
    const { stderr, call } = await build({ env: { BUILDKIT_HOST: `unix://${folder}/buildkitd.sock` } });
    expect(stderr).toContain('cannot run on this node: error: no room for user namespaces\n');
    expect(call).toBeNull();
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PublicRegistry } from '../../../../src/clients/public-registry.ts';
import { contentDigest, mediaTypes } from '../../../../src/clients/oci.ts';
import { hostPlatform, Registry } from '../../../../src/clients/registry.ts';
import { collectImage, pushBundled } from '../../../../src/engines/components/bundle-images.ts';
import {
  bundlePaths,
  packBundle,
  readBundleIndex,
  unpackBundle,
  type BundledImage,
} from '../../../../src/engines/components/bundle.ts';
import { listen } from '../../../../src/lib/http/listen.ts';
import { silentLog } from '../../../../src/lib/log.ts';
import { startRegistry } from '../../../../src/servers/registry/server.ts';

describe('a bundle', () => {
  let folder: string;
  let file: string;
  const system = 'linux-x64';
  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, 'content', path)), { recursive: true });
    writeFileSync(join(folder, 'content', path), content);
  };
  const pack = (images: BundledImage[] = []) =>
    packBundle(
      join(folder, 'content'),
      {
        system,
        platform: 'linux/amd64',
        profile: 'workshop',
        addons: [],
        tools: {},
        charts: {},
        nodeImages: [],
        images,
        scmPlugins: [],
      },
      file,
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bundle-'));
    file = join(folder, 'class.bundle');
    put('charts/gitea-1.0.0.tgz', 'a chart');
    put('tools/k3d/k3d', 'a program');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('gives back what was packed', async () => {
    await pack();
    const index = await readBundleIndex(file, system);
    expect(Object.keys(index.files)).toEqual(['charts/gitea-1.0.0.tgz', 'tools/k3d/k3d']);
    await unpackBundle(file, index, join(folder, 'out'));
    expect(readFileSync(join(folder, 'out', 'tools/k3d/k3d'), 'utf8')).toBe('a program');
  });

  test('for another kind of machine is refused before it is unpacked', async () => {
    await pack();
    await expect(readBundleIndex(file, 'darwin-arm64')).rejects.toMatchObject({
      code: 'bundle-foreign',
      message: expect.stringContaining('made for linux-x64, and this machine is darwin-arm64') as string,
    });
  });

  test.each([
    ['something else', 'bundle-foreign', () => Buffer.from('PK a zip archive'.repeat(100))],
    ['nothing', 'bundle-foreign', () => Buffer.alloc(0)],
  ])('that is %s is refused', async (_what, code, content) => {
    writeFileSync(file, content());
    await expect(readBundleIndex(file, system)).rejects.toMatchObject({ code });
  });

  test('that is not there says so', async () => {
    await expect(readBundleIndex(join(folder, 'nowhere'), system)).rejects.toMatchObject({
      code: 'bundle-unreadable',
    });
  });

  test('that was cut off, or changed on its way, is damaged, and nothing of it is left', async () => {
    await pack();
    const index = await readBundleIndex(file, system);
    const whole = readFileSync(file);
    const out = join(folder, 'out');
    const changed = Buffer.from(whole);
    changed.set(Buffer.from('A'), whole.indexOf('a program'));
    writeFileSync(file, changed);
    await expect(unpackBundle(file, index, out)).rejects.toMatchObject({
      code: 'bundle-damaged',
      message: expect.stringContaining('tools/k3d/k3d is not what was packed') as string,
    });
    writeFileSync(file, whole);
    truncateSync(file, whole.indexOf('a program') - 100);
    await expect(unpackBundle(file, index, out)).rejects.toMatchObject({ code: 'bundle-damaged' });
    expect(() => readFileSync(join(out, 'charts/gitea-1.0.0.tgz'))).toThrow();
  });

  describe('with images', () => {
    const { os, architecture } = hostPlatform();
    const layer = Buffer.from('a layer');
    const config = Buffer.from(
      JSON.stringify({ os, architecture, rootfs: { type: 'layers', diff_ids: [] } }),
    );
    const descriptor = (mediaType: string, content: Buffer) => ({
      mediaType,
      digest: contentDigest(content),
      size: content.length,
    });
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: descriptor(mediaTypes.config, config),
        layers: [descriptor(mediaTypes.layerGzip, layer)],
      }),
    );
    const other = {
      ...descriptor(mediaTypes.manifest, Buffer.from('elsewhere')),
      platform: { os: 'plan9', architecture: 'mips' },
    };
    const index = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.index,
        manifests: [other, { ...descriptor(mediaTypes.manifest, manifest), platform: { os, architecture } }],
      }),
    );
    const servers: Server[] = [];
    afterEach(() => {
      for (const server of servers.splice(0)) server.close();
    });

    /** A registry of the internet with one image, which answers as `change` wants it. */
    const upstream = async (change: (path: string) => number | undefined = () => undefined) => {
      const contents = new Map(
        [index, manifest, config, layer].map((content) => [contentDigest(content), content]),
      );
      const server = createServer((request, response) => {
        const path = request.url ?? '';
        const status = change(path);
        const name = path.split('/').at(-1) ?? '';
        const content = name === '1.0' ? index : contents.get(name);
        if (status !== undefined) {
          response.writeHead(status).end(JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS' }] }));
        } else if (content === undefined) response.writeHead(404).end('{}');
        else {
          const type = content === index ? mediaTypes.index : mediaTypes.manifest;
          response.writeHead(200, { 'content-type': type }).end(content);
        }
      });
      servers.push(server);
      return new PublicRegistry(`http://127.0.0.1:${(await listen(server, { port: 0 })).port}`);
    };
    const signal = new AbortController().signal;

    test('serves them from the registry under the digests that they have elsewhere', async () => {
      const content = join(folder, 'content');
      const image = await collectImage('example.org/team/tool:1.0', content, signal, await upstream());
      await pack([image]);
      const out = join(folder, 'out');
      await unpackBundle(file, await readBundleIndex(file, system), out);
      expect(readFileSync(join(out, bundlePaths.blob(contentDigest(layer))))).toEqual(layer);

      const server = await startRegistry({ dataDir: join(folder, 'registry'), port: 0, log: silentLog });
      const registry = new Registry({ host: `127.0.0.1:${server.port}` });
      // A registry that wants every image of an index; those of one platform are pushed by themselves there.
      const single = { ...image, manifests: image.manifests.slice(0, 1), digest: contentDigest(manifest) };
      await pushBundled(registry, single, out);
      expect(await registry.resolve('team/tool', '1.0')).toBe(contentDigest(manifest));
      expect(image.manifests.map(({ digest }) => digest)).toEqual([
        contentDigest(manifest),
        contentDigest(index),
      ]);
      registry.close();
      await server.close();
    });

    test('says that a limit was reached, and what to do', async () => {
      const limited = await upstream((path) => (path.includes('/manifests/') ? 429 : undefined));
      await expect(
        collectImage('example.org/team/tool:1.0', join(folder, 'content'), signal, limited),
      ).rejects.toMatchObject({ code: 'pull-limited' });
    });
  });
});

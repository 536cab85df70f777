import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pushImage, pushStandInBaseImage } from '../../../src/clients/images.ts';
import { contentDigest, mediaTypes } from '../../../src/clients/oci.ts';
import { ContentMismatch, Registry, RegistryError } from '../../../src/clients/registry.ts';
import { readBody } from '../../../src/lib/http/body.ts';
import { startTestRegistry, type TestRegistry } from '../servers/registry/support.ts';

let server: TestRegistry;
let client: Registry;

beforeEach(async () => {
  server = await startTestRegistry({ credentials: { username: 'ci', password: 'right' } });
  client = new Registry({ host: server.server.host, username: 'ci', password: 'right' });
});

afterEach(async () => {
  client.close();
  await server.dispose();
});

const config = { os: 'linux', architecture: 'amd64' };
const push = (repository: string, tag: string, layer: string | Buffer = 'a layer') =>
  pushImage(client, { repository, tags: [tag], layers: [Buffer.from(layer)], config });

describe('images', () => {
  it('are pushed, resolved and read back', async () => {
    const digest = await push('team/app', 'v1');
    expect(await client.resolve('team/app', 'v1')).toBe(digest);
    const image = await client.image('team/app', digest);
    expect(image).toMatchObject({
      digest,
      config: { ...config, rootfs: { diff_ids: [contentDigest('a layer')] } },
    });
    expect(await client.tags('team/app')).toEqual(['v1']);
    expect(await client.repositories()).toEqual(['team/app']);
  });

  it('have the same digest when they have the same content', async () => {
    expect(await push('team/app', 'v2')).toBe(await push('team/other', 'v1'));
  });

  it('are chosen from an index by platform', async () => {
    const digest = await push('team/app', 'amd64');
    const size = (await client.manifest('team/app', digest))?.bytes.length ?? 0;
    const entry = { mediaType: mediaTypes.manifest, digest, size };
    const index = {
      schemaVersion: 2 as const,
      mediaType: mediaTypes.index,
      manifests: [{ ...entry, platform: { os: 'linux', architecture: 'amd64' } }],
    };
    await client.pushManifest('team/app', 'multi', index, mediaTypes.index);
    const found = await client.image('team/app', 'multi', { os: 'linux', architecture: 'amd64' });
    expect(found?.digest).toBe(digest);
    await expect(client.image('team/app', 'multi', { os: 'linux', architecture: 's390x' })).rejects.toThrow(
      'no image for linux/s390x, only linux/amd64',
    );
  });

  it('that do not exist are undefined', async () => {
    expect(await client.image('team/none', 'v1')).toBeUndefined();
    expect(await client.resolve('team/none', 'v1')).toBeUndefined();
    expect(await client.tags('team/none')).toEqual([]);
    expect(await client.deleteManifest('team/none', 'v1')).toBe(false);
  });

  it('are deleted by tag and by digest', async () => {
    const digest = await push('team/app', 'v1');
    expect(await client.deleteManifest('team/app', 'v1')).toBe(true);
    expect(await client.manifest('team/app', digest)).toBeDefined();
    expect(await client.deleteManifest('team/app', digest)).toBe(true);
    expect(await client.manifest('team/app', digest)).toBeUndefined();
  });

  it('have all their tags listed, over pages', async () => {
    const asked: string[] = [];
    const listener = await serve((request, response) => {
      asked.push(request.url ?? '');
      const last = asked.length === 3;
      if (!last) response.setHeader('link', `<list?n=1&last=t${asked.length}>; rel="next"`);
      response.end(JSON.stringify({ tags: [`t${asked.length}`] }));
    });
    const paged = new Registry({ host: listener.host });
    expect(await paged.tags('team/many')).toEqual(['t1', 't2', 't3']);
    expect(asked.slice(1)).toEqual([
      '/v2/team/many/tags/list?n=1&last=t1',
      '/v2/team/many/tags/list?n=1&last=t2',
    ]);
    paged.close();
    await listener.close();
  });
});

describe('the stand-in for the base image', () => {
  it('says that the node of the host runs it, and is the same each time', async () => {
    const options = { host: server.server.host, username: 'ci', password: 'right' };
    const digest = await pushStandInBaseImage(options);
    expect(await pushStandInBaseImage(options)).toBe(digest);
    const image = await client.image('library/node', '22-alpine');
    expect(image?.digest).toBe(digest);
    expect(image?.config.config?.Labels).toEqual({ 'io.gitops-playground.runtime': 'host-node' });
    expect(image?.config.config?.Env).toContain(`NODE_VERSION=${process.versions.node}`);
  });
});

describe('blobs', () => {
  it('are pushed from streams, mounted, and read as streams', async () => {
    const content = Buffer.alloc(700_000, 'stream');
    const blob = { digest: contentDigest(content), size: content.length };
    await client.pushBlob('a/a', {
      ...blob,
      stream: Readable.from([content.subarray(0, 9), content.subarray(9)]),
    });
    expect(await client.mountBlob('b/b', blob.digest, 'a/a')).toBe(true);
    expect(await client.mountBlob('b/b', contentDigest('absent'), 'a/a')).toBe(false);
    const read = await readBody(await client.openBlob('b/b', blob), 1e6);
    expect(contentDigest(read)).toBe(blob.digest);
  });

  it('that were changed in the registry are refused', async () => {
    const digest = await client.pushBlob('a/a', Buffer.from('the truth'));
    const hex = digest.slice('sha256:'.length);
    const file = join(server.dataDir, 'blobs/sha256', hex.slice(0, 2), hex);
    expect(await readdir(join(file, '..'))).toEqual([hex]);
    await writeFile(file, 'the lie!!');
    await expect(client.readBlob('a/a', { digest, size: 9 })).rejects.toThrow(ContentMismatch);
    await truncate(file, 4);
    await expect(client.readBlob('a/a', { digest, size: 9 })).rejects.toThrow(/BLOB_UNKNOWN.*damaged/);
  });

  it('that are longer or shorter than their descriptor are refused', async () => {
    const digest = await client.pushBlob('a/a', Buffer.from('nine byte'));
    await expect(client.readBlob('a/a', { digest, size: 8 })).rejects.toThrow('longer than the 8 bytes');
    await expect(client.readBlob('a/a', { digest, size: 10 })).rejects.toThrow('9 bytes in place of 10');
  });

  it('are read again when the registry has closed a connection that was waiting', async () => {
    let requests = 0;
    const listener = await serve((_request, response) => {
      requests += 1;
      if (requests === 2) response.socket?.resetAndDestroy();
      else response.end('again');
    });
    const patient = new Registry({ host: listener.host });
    const blob = { digest: contentDigest('again'), size: 5 };
    await patient.readBlob('a/a', blob);
    expect((await patient.readBlob('a/a', blob)).toString()).toBe('again');
    expect(requests).toBe(3);
    patient.close();
    await listener.close();
  });

  it('break off as errors when the connection does', async () => {
    const listener = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => response.destroy());
    });
    const cut = new Registry({ host: listener.host });
    await expect(cut.readBlob('a/a', { digest: contentDigest('x'), size: 100 })).rejects.toThrow();
    cut.close();
    await listener.close();
  });
});

describe('errors', () => {
  it('carry the code of the registry', async () => {
    const stranger = new Registry({ host: server.server.host, username: 'ci', password: 'wrong' });
    await expect(stranger.ping()).rejects.toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    stranger.close();
    await expect(
      client.pushManifest('a/a', 'x', {
        schemaVersion: 2,
        config: { mediaType: mediaTypes.config, digest: contentDigest('none'), size: 4 },
        layers: [],
      }),
    ).rejects.toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN' });
  });

  it('tell of a server that is no registry', async () => {
    const listener = await serve((_request, response) => response.writeHead(500).end('<html>'));
    const client2 = new Registry({ host: listener.host });
    await expect(client2.tags('a/a')).rejects.toThrow(RegistryError);
    client2.close();
    await listener.close();
  });

  it('do not send the credentials along with a redirect to another origin', async () => {
    const content = 'from elsewhere';
    const seen: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end(content);
    });
    const registry = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(307, { location: `http://${elsewhere.host}${request.url ?? ''}` }).end();
    });
    const redirected = new Registry({ host: registry.host, username: 'ci', password: 'right' });
    const blob = { digest: contentDigest(content), size: content.length };
    expect((await redirected.readBlob('a/a', blob)).toString()).toBe(content);
    expect(seen).toEqual([expect.stringMatching(/^Basic /), undefined]);
    redirected.close();
    await registry.close();
    await elsewhere.close();
  });
});

async function serve(handler: RequestListener) {
  const listener = createServer(handler).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    host: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    close: async () => {
      listener.closeAllConnections();
      listener.close();
      await once(listener, 'close');
    },
  };
}

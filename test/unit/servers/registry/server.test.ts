import { request } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentDigest, mediaTypes } from '../../../../src/clients/oci.ts';
import {
  errorCode,
  putBlob,
  putImage,
  putManifest,
  startTestRegistry,
  type TestRegistry,
} from './support.ts';

let registry: TestRegistry;

beforeEach(async () => {
  registry = await startTestRegistry({ maxUpload: 100_000 });
});

afterEach(() => registry.dispose());

const fileOf = (digest: string) => {
  const [algorithm = '', hex = ''] = digest.split(':');
  return join(registry.dataDir, 'blobs', algorithm, hex.slice(0, 2), hex);
};
const uploads = () => readdir(join(registry.dataDir, 'uploads'));
const octets = { 'content-type': 'application/octet-stream' };

async function begin(repository = 'a/b'): Promise<string> {
  const begun = await registry.fetch(`/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  return begun.headers.get('location') ?? '';
}

describe('uploads', () => {
  it('take the whole content in one POST', async () => {
    const digest = contentDigest('at once');
    const answer = await registry.fetch(`/v2/a/b/blobs/uploads/?digest=${digest}`, {
      method: 'POST',
      body: 'at once',
      headers: octets,
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v2/a/b/blobs/${digest}`);
    expect(await (await registry.fetch(`/v2/a/b/blobs/${digest}`)).text()).toBe('at once');
  });

  it('leave nothing behind when the digest is wrong', async () => {
    const answer = await registry.fetch(`/v2/a/b/blobs/uploads/?digest=${contentDigest('x')}`, {
      method: 'POST',
      body: 'y',
      headers: octets,
    });
    expect(await errorCode(answer)).toBe('DIGEST_INVALID');
    expect(await uploads()).toEqual([]);
  });

  it('take sha512', async () => {
    const digest = contentDigest('long digest', 'sha512');
    const put = await registry.fetch(`${await begin()}?digest=${digest}`, {
      method: 'PUT',
      body: 'long digest',
      headers: octets,
    });
    expect(put.status).toBe(201);
    expect((await registry.fetch(`/v2/a/b/blobs/${digest}`, { method: 'HEAD' })).status).toBe(200);
  });

  it('take empty content', async () => {
    const put = await registry.fetch(`${await begin()}?digest=${contentDigest('')}`, { method: 'PUT' });
    expect(put.status).toBe(201);
    const got = await registry.fetch(`/v2/a/b/blobs/${contentDigest('')}`);
    expect(got.headers.get('content-length')).toBe('0');
    expect(await got.text()).toBe('');
  });

  it('mount from any repository when none is named', async () => {
    const { digest } = await putBlob(registry, 'one/one', 'shared');
    const answer = await registry.fetch(`/v2/two/two/blobs/uploads/?mount=${digest}`, { method: 'POST' });
    expect(answer.status).toBe(201);
  });

  it('refuse what is larger than the limit, and forget it', async () => {
    const location = await begin();
    const big = await registry.fetch(location, {
      method: 'PATCH',
      body: Buffer.alloc(100_001),
      headers: octets,
    });
    expect(big.status).toBe(413);
    expect(await errorCode(big)).toBe('SIZE_INVALID');
    await registry.fetch(location, { method: 'DELETE' });
    expect(await uploads()).toEqual([]);
  });

  it('refuse a chunk whose length is not that of its range', async () => {
    const answer = await registry.fetch(await begin(), {
      method: 'PATCH',
      body: 'four',
      headers: { ...octets, 'content-range': '0-9' },
    });
    expect(answer.status).toBe(400);
    expect(await errorCode(answer)).toBe('SIZE_INVALID');
  });

  it('belong to one repository', async () => {
    const location = await begin('a/b');
    const answer = await registry.fetch(location.replace('/a/b/', '/c/d/'));
    expect(await errorCode(answer)).toBe('BLOB_UPLOAD_UNKNOWN');
  });

  it('keep what arrived before the connection broke, and go on from there', async () => {
    const location = await begin();
    const broken = request(new URL(location, registry.url), {
      method: 'PATCH',
      headers: { ...octets, 'content-length': 10 },
    });
    broken.on('error', () => undefined);
    broken.write('12345');
    let range: string | null = null;
    while (range !== '0-4') range = (await registry.fetch(location)).headers.get('range');
    broken.destroy();
    // The server learns of the break by itself; until then the upload is taken.
    let rest: Response;
    do {
      rest = await registry.fetch(location, {
        method: 'PATCH',
        body: '67890',
        headers: { ...octets, 'content-range': '5-9' },
      });
    } while (rest.status === 409);
    expect(rest.status).toBe(202);
    const put = await registry.fetch(`${location}?digest=${contentDigest('1234567890')}`, { method: 'PUT' });
    expect(put.status).toBe(201);
  });
});

describe('content', () => {
  it('is stored once, and goes when the last repository lets it go', async () => {
    const { digest } = await putBlob(registry, 'one/one', 'shared');
    await registry.fetch(`/v2/two/two/blobs/uploads/?mount=${digest}&from=one/one`, { method: 'POST' });
    await registry.fetch(`/v2/one/one/blobs/${digest}`, { method: 'DELETE' });
    expect((await stat(fileOf(digest))).size).toBe(6);
    expect((await registry.fetch(`/v2/one/one/blobs/${digest}`)).status).toBe(404);
    await registry.fetch(`/v2/two/two/blobs/${digest}`, { method: 'DELETE' });
    await expect(stat(fileOf(digest))).rejects.toThrow('ENOENT');
    expect(await uploads()).toEqual([]);
  });

  it('of another repository is not seen', async () => {
    const { digest } = await putBlob(registry, 'one/one', 'private');
    expect((await registry.fetch(`/v2/two/two/blobs/${digest}`)).status).toBe(404);
  });

  it('that is missing or cut off on disk counts as absent, and the next push mends it', async () => {
    const image = await putImage(registry, 'a/b', 'v1');
    await writeFile(fileOf(image.layer.digest), 'short');
    expect(await errorCode(await registry.fetch(`/v2/a/b/blobs/${image.layer.digest}`))).toBe('BLOB_UNKNOWN');
    await unlink(fileOf(image.config.digest));
    const head = await registry.fetch(`/v2/a/b/blobs/${image.config.digest}`, { method: 'HEAD' });
    expect(head.status).toBe(404);
    await writeFile(fileOf(image.digest), image.bytes.replace('2', '3'));
    const damaged = await registry.fetch('/v2/a/b/manifests/v1');
    expect(await errorCode(damaged)).toBe('MANIFEST_UNKNOWN');

    await putImage(registry, 'a/b', 'v1');
    expect(await (await registry.fetch('/v2/a/b/manifests/v1')).text()).toBe(image.bytes);
    expect(await (await registry.fetch(`/v2/a/b/blobs/${image.layer.digest}`)).text()).toBe('layer of v1');
  });

  it('is read to its end also when it is deleted meanwhile', async () => {
    const large = await startTestRegistry();
    const content = Buffer.alloc(30_000_000, 'slowly');
    const { digest } = await putBlob(large, 'a/b', content);
    const answer = await large.fetch(`/v2/a/b/blobs/${digest}`);
    expect((await large.fetch(`/v2/a/b/blobs/${digest}`, { method: 'DELETE' })).status).toBe(202);
    expect(contentDigest(Buffer.from(await answer.arrayBuffer()))).toBe(digest);
    await large.dispose();
  });

  it('is not sent again to who has it', async () => {
    const { digest } = await putBlob(registry, 'a/b', 'cached');
    const answer = await registry.fetch(`/v2/a/b/blobs/${digest}`, {
      headers: { 'if-none-match': `"${digest}"` },
    });
    expect(answer.status).toBe(304);
  });
});

describe('manifests', () => {
  it('are refused over 4 MiB', async () => {
    const answer = await registry.fetch('/v2/a/b/manifests/big', {
      method: 'PUT',
      body: Buffer.alloc(4 * 1024 * 1024 + 1, ' '),
      headers: { 'content-type': mediaTypes.manifest },
    });
    expect(answer.status).toBe(413);
  });

  it('are refused under the digest of something else', async () => {
    const image = await putImage(registry, 'a/b', 'v1');
    const answer = await putManifest(
      registry,
      'a/b',
      contentDigest('else'),
      JSON.parse(image.bytes) as object,
    );
    expect(await errorCode(answer.response)).toBe('DIGEST_INVALID');
  });

  it.each([
    ['a list', []],
    ['schema version 1', { schemaVersion: 1 }],
    ['no configuration', { schemaVersion: 2, layers: [] }],
    ['a layer without digest', { schemaVersion: 2, config: {}, layers: [{}] }],
    ['another media type than announced', { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] }],
  ])('are refused with %s', async (_what, document) => {
    const { response } = await putManifest(registry, 'a/b', 'bad', document);
    expect(response.status).toBe(400);
    expect(await errorCode(response)).toBe('MANIFEST_INVALID');
  });

  it('of unknown media types are refused', async () => {
    const { response } = await putManifest(
      registry,
      'a/b',
      'bad',
      { schemaVersion: 2 },
      'application/x-else',
    );
    expect(await errorCode(response)).toBe('MANIFEST_INVALID');
  });

  it('that give a blob another size than it has are refused', async () => {
    const image = await putImage(registry, 'a/b', 'v1');
    const document = JSON.parse(image.bytes) as { layers: { size: number }[] };
    document.layers[0]!.size += 1;
    const { response } = await putManifest(registry, 'a/b', 'v2', document);
    expect(await errorCode(response)).toBe('MANIFEST_INVALID');
  });

  it('need not have their distant layers here', async () => {
    const image = await putImage(registry, 'a/b', 'v1');
    const distant = {
      ...image.layer,
      digest: contentDigest('far'),
      size: 3,
      urls: ['https://example.com/far'],
    };
    const document = { schemaVersion: 2, config: image.config, layers: [distant] };
    expect((await putManifest(registry, 'a/b', 'far', document)).response.status).toBe(201);
  });

  it('may be listed by an index, which wants all of them', async () => {
    const image = await putImage(registry, 'a/b', 'v1');
    const entry = { mediaType: mediaTypes.manifest, digest: image.digest, size: image.bytes.length };
    const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] };
    expect((await putManifest(registry, 'a/b', 'multi', index, mediaTypes.index)).response.status).toBe(201);
    const absent = { ...index, manifests: [{ ...entry, digest: contentDigest('none') }] };
    const refused = await putManifest(registry, 'a/b', 'multi', absent, mediaTypes.index);
    expect(await errorCode(refused.response)).toBe('MANIFEST_BLOB_UNKNOWN');
  });
});

describe('requests', () => {
  it.each([
    ['GET', '/v2/UPPER/x/tags/list', 400, 'NAME_INVALID'],
    ['GET', `/v2/${'a/'.repeat(130)}a/tags/list`, 400, 'NAME_INVALID'],
    ['GET', '/v2/a%2f..%2f..%2fetc/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/a%zz/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/a/b/blobs/sha256:..%2f..%2fcatalog.jsonl', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/a/b/blobs/md5:d41d8cd98f00b204e9800998ecf8427e', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/a/b/manifests/..', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/a/b/manifests/-x', 404, 'MANIFEST_UNKNOWN'],
    ['PUT', '/v2/a/b/manifests/-x', 400, 'TAG_INVALID'],
    ['GET', '/v2/a/b/tags/list?n=-1', 404, 'NAME_UNKNOWN'],
    ['POST', '/v2/a/b/tags/list', 405, 'UNSUPPORTED'],
    ['GET', '/else', 404, 'NAME_UNKNOWN'],
  ])('%s %s is answered %i', async (method, path, status, code) => {
    const answer = await registry.fetch(path, { method });
    expect(answer.status).toBe(status);
    expect(await errorCode(answer)).toBe(code);
  });

  it('with a foreign Host or Origin are refused', async () => {
    const answer = await registry.fetch('/v2/', { headers: { origin: 'https://evil.example' } });
    expect(answer.status).toBe(403);
    const foreign = request(new URL('/v2/', registry.url), { headers: { host: 'evil.example' } }).end();
    const [response] = await once(foreign, 'response');
    response.resume();
    expect(response.statusCode).toBe(421);
  });

  it('without the right password are refused, and told how to give one', async () => {
    const closed = await startTestRegistry({ credentials: { username: 'ci', password: 'right' } });
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const anonymous = await closed.fetch('/v2/');
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect(await errorCode(anonymous)).toBe('UNAUTHORIZED');
    expect((await closed.fetch('/v2/', { headers: basic('ci:wrong') })).status).toBe(401);
    expect((await closed.fetch('/v2/', { headers: basic('ci:right') })).status).toBe(200);
    await closed.dispose();
  });

  it('find a port that is taken explained', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(
      startTestRegistry({ port, dataDir: join(registry.dataDir, 'second') }),
    ).rejects.toMatchObject({ code: 'port-in-use' });
    other.close();
  });
});

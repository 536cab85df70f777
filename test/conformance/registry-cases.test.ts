import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { contentDigest, mediaTypes } from '../../src/clients/oci.ts';
import { waitFor } from '../../src/lib/wait.ts';
import {
  errorCode,
  putBlob,
  putImage,
  putManifest,
  startTestRegistry,
} from '../unit/servers/registry/support.ts';

/** One suite on our registry and on Debian's docker-registry: where they differ, somebody is wrong or older. */
interface Subject {
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly stop: () => Promise<void>;
}

const DOCKER_REGISTRY = '/usr/bin/docker-registry';

async function ours(): Promise<Subject> {
  const registry = await startTestRegistry();
  return { fetch: registry.fetch, stop: registry.dispose };
}

async function debians(): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-registry-'));
  const port = await freePort();
  const config = join(folder, 'config.yml');
  await writeFile(
    config,
    `version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${folder}/data }, delete: { enabled: true } }
http: { addr: '127.0.0.1:${port}' }
`,
  );
  const child = spawn(DOCKER_REGISTRY, ['serve', config], { stdio: 'ignore', env: {} });
  const send: Subject['fetch'] = (path, init) => fetch(new URL(path, `http://127.0.0.1:${port}`), init);
  await waitFor(
    async () => {
      const answer = await send('/v2/').catch(() => undefined);
      return answer?.ok === true ? { done: true, value: undefined } : { done: false, seen: 'no answer' };
    },
    { what: 'docker-registry', limit: 10_000 },
  );
  return {
    fetch: send,
    stop: async () => {
      child.kill();
      await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.each([
  { name: 'our registry', open: ours, modern: true, missing: undefined },
  {
    name: "Debian's docker-registry 2.8",
    open: debians,
    modern: false,
    missing: existsSync(DOCKER_REGISTRY) ? undefined : 'docker-registry is not installed',
  },
])('$name', ({ open, modern, missing }) => {
  let subject: Subject;
  beforeAll(async () => {
    if (missing === undefined) subject = await open();
  });
  afterAll(() => subject?.stop());

  const test = (title: string, run: (ctx: TestContext) => Promise<void>) => {
    it(title, async (ctx) => {
      if (missing !== undefined) ctx.skip(missing);
      await run(ctx);
    });
  };
  /** What came with OCI 1.1: docker-registry 2.8 is older, and `lacking` says what it does instead. */
  const testOfOci11 = (title: string, _lacking: string, run: (ctx: TestContext) => Promise<void>) => {
    if (modern) test(title, run);
  };
  const send = (path: string, init?: RequestInit) => subject.fetch(path, init);
  const begin = async (repository: string) => {
    const begun = await send(`/v2/${repository}/blobs/uploads/`, { method: 'POST' });
    expect(begun.status).toBe(202);
    return begun.headers.get('location') ?? '';
  };
  const withDigest = (location: string, content: string) =>
    `${location}${location.includes('?') ? '&' : '?'}digest=${contentDigest(content)}`;
  const chunk = (location: string, content: string, range: string) =>
    send(location, {
      method: 'PATCH',
      body: content,
      headers: { 'content-type': 'application/octet-stream', 'content-range': range },
    });

  test('says that it speaks version 2', async () => {
    const answer = await send('/v2/');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  });

  test('takes an image and gives the same bytes back, by tag and by digest', async () => {
    const image = await putImage(subject, 'cases/image', 'one');
    for (const reference of ['one', image.digest]) {
      const answer = await send(`/v2/cases/image/manifests/${reference}`, {
        headers: { accept: mediaTypes.manifest },
      });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe(image.bytes);
      expect(answer.headers.get('docker-content-digest')).toBe(image.digest);
      expect(answer.headers.get('content-type')).toBe(mediaTypes.manifest);
    }
    const head = await send('/v2/cases/image/manifests/one', {
      method: 'HEAD',
      headers: { accept: mediaTypes.manifest },
    });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(image.bytes.length));
    const blob = await send(`/v2/cases/image/blobs/${image.layer.digest}`);
    expect(await blob.text()).toBe('layer of one');
  });

  test('takes a blob in chunks, and tells how far it is', async () => {
    const location = await begin('cases/chunks');
    const first = await chunk(location, 'hello ', '0-5');
    expect(first.status).toBe(202);
    expect(first.headers.get('range')).toBe('0-5');
    const next = first.headers.get('location') ?? '';

    const status = await send(next);
    expect(status.status).toBe(204);
    expect(status.headers.get('range')).toBe('0-5');
    const second = await chunk(status.headers.get('location') ?? '', 'world', '6-10');
    expect(second.status).toBe(202);
    const done = await send(withDigest(second.headers.get('location') ?? '', 'hello world'), {
      method: 'PUT',
    });
    expect(done.status).toBe(201);
    const blob = await send(`/v2/cases/chunks/blobs/${contentDigest('hello world')}`);
    expect(await blob.text()).toBe('hello world');
  });

  testOfOci11(
    'refuses a chunk out of order, and goes on from where it was',
    'it does not look at Content-Range',
    async () => {
      const location = await begin('cases/order');
      await chunk(location, 'hello ', '0-5');
      for (const range of ['20-23', '0-3', '5-8', 'nonsense']) {
        const wrong = await chunk(location, 'late', range);
        expect(wrong.status).toBe(416);
        expect(wrong.headers.get('range')).toBe('0-5');
      }
      await chunk(location, 'world', '6-10');
      const done = await send(withDigest(location, 'hello world'), { method: 'PUT' });
      expect(done.status).toBe(201);
    },
  );

  test('refuses content that has another digest', async () => {
    const location = await begin('cases/digest');
    const answer = await send(withDigest(location, 'what was promised'), {
      method: 'PUT',
      body: 'what came',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(answer.status).toBe(400);
    expect(await errorCode(answer)).toBe('DIGEST_INVALID');
    const absent = await send(`/v2/cases/digest/blobs/${contentDigest('what was promised')}`);
    expect(absent.status).toBe(404);
    expect(await errorCode(absent)).toBe('BLOB_UNKNOWN');
  });

  test('cancels an upload', async () => {
    const location = await begin('cases/cancel');
    expect((await send(location, { method: 'DELETE' })).status).toBe(204);
    const gone = await send(location);
    expect(gone.status).toBe(404);
    expect(await errorCode(gone)).toBe('BLOB_UPLOAD_UNKNOWN');
  });

  test('mounts a blob from another repository, and opens an upload when that has none', async () => {
    const { digest } = await putBlob(subject, 'cases/from', 'shared');
    const mounted = await send(`/v2/cases/to/blobs/uploads/?mount=${digest}&from=cases/from`, {
      method: 'POST',
    });
    expect(mounted.status).toBe(201);
    expect(mounted.headers.get('docker-content-digest')).toBe(digest);
    expect(await (await send(`/v2/cases/to/blobs/${digest}`)).text()).toBe('shared');
    const absent = contentDigest('nobody has this');
    const opened = await send(`/v2/cases/to/blobs/uploads/?mount=${absent}&from=cases/from`, {
      method: 'POST',
    });
    expect(opened.status).toBe(202);
    expect(opened.headers.get('location')).not.toBeNull();
  });

  test('gives parts of a blob', async () => {
    const { digest } = await putBlob(subject, 'cases/ranges', '0123456789');
    const part = (range: string) => send(`/v2/cases/ranges/blobs/${digest}`, { headers: { range } });
    for (const [range, text, header] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-2', '89', 'bytes 8-9/10'],
      ['bytes=8-99', '89', 'bytes 8-9/10'],
    ] as const) {
      const answer = await part(range);
      expect(answer.status).toBe(206);
      expect(await answer.text()).toBe(text);
      expect(answer.headers.get('content-range')).toBe(header);
    }
    expect((await part('bytes=10-')).status).toBe(416);
  });

  test('refuses a manifest whose blobs it does not have', async () => {
    const known = await putBlob(subject, 'cases/missing', '{}');
    const answer = await putManifest(subject, 'cases/missing', 'bad', {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { ...known, mediaType: mediaTypes.config },
      layers: [{ mediaType: mediaTypes.layerGzip, digest: contentDigest('absent'), size: 6 }],
    });
    expect([400, 404]).toContain(answer.response.status); // The specification names the code alone.
    expect(await errorCode(answer.response)).toBe('MANIFEST_BLOB_UNKNOWN');
  });

  test('refuses a manifest that is no JSON', async () => {
    const answer = await send('/v2/cases/broken/manifests/bad', {
      method: 'PUT',
      body: '{"schemaVersion": 2',
      headers: { 'content-type': mediaTypes.manifest },
    });
    expect(answer.status).toBe(400);
    expect(await errorCode(answer)).toBe('MANIFEST_INVALID');
  });

  test("keeps Docker's own media types", async () => {
    const layer = await putBlob(subject, 'cases/docker', 'docker layer');
    const config = await putBlob(subject, 'cases/docker', '{"docker":true}');
    const { response } = await putManifest(
      subject,
      'cases/docker',
      'v1',
      {
        schemaVersion: 2,
        mediaType: mediaTypes.dockerManifest,
        config: { ...config, mediaType: 'application/vnd.docker.container.image.v1+json' },
        layers: [{ ...layer, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
      },
      mediaTypes.dockerManifest,
    );
    expect(response.status).toBe(201);
    const answer = await send('/v2/cases/docker/manifests/v1', {
      headers: { accept: mediaTypes.dockerManifest },
    });
    expect(answer.headers.get('content-type')).toBe(mediaTypes.dockerManifest);
  });

  test('lists all tags', async () => {
    for (const tag of ['b', 'a', 'd', 'c']) await putImage(subject, 'cases/all-tags', tag);
    const all = (await (await send('/v2/cases/all-tags/tags/list')).json()) as { tags: string[] };
    expect(all.tags.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  testOfOci11('lists tags in order and by pages', 'its tags have no order and no pages', async () => {
    for (const tag of ['b', 'a', 'd', 'c']) await putImage(subject, 'cases/tags', tag);
    const all = (await (await send('/v2/cases/tags/tags/list')).json()) as { tags: string[] };
    expect(all.tags).toEqual(['a', 'b', 'c', 'd']);
    const page = await send('/v2/cases/tags/tags/list?n=2');
    expect(await page.json()).toEqual({ name: 'cases/tags', tags: ['a', 'b'] });
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    const rest = await send(next);
    expect(await rest.json()).toEqual({ name: 'cases/tags', tags: ['c', 'd'] });
    expect(rest.headers.get('link')).toBeNull();
  });

  test('does not know repositories that nobody has pushed to', async () => {
    const answer = await send('/v2/cases/nothing/tags/list');
    expect(answer.status).toBe(404);
    expect(await errorCode(answer)).toBe('NAME_UNKNOWN');
  });

  test('lists repositories by pages', async () => {
    await putImage(subject, 'catalog/one', 'x');
    await putImage(subject, 'catalog/two', 'x');
    const page = await send('/v2/_catalog?n=1&last=catalog/nothing');
    expect(await page.json()).toEqual({ repositories: ['catalog/one'] });
    expect(page.headers.get('link')).toContain('rel="next"');
  });

  test('deletes a manifest by digest, and its tags with it', async () => {
    const image = await putImage(subject, 'cases/delete', 'gone');
    const answer = await send(`/v2/cases/delete/manifests/${image.digest}`, { method: 'DELETE' });
    expect(answer.status).toBe(202);
    const tag = await send('/v2/cases/delete/manifests/gone', { headers: { accept: mediaTypes.manifest } });
    expect(tag.status).toBe(404);
    expect(await errorCode(tag)).toBe('MANIFEST_UNKNOWN');
  });

  testOfOci11('deletes a tag alone', 'it refuses to delete a tag', async () => {
    const image = await putImage(subject, 'cases/untag', 'first');
    await putManifest(subject, 'cases/untag', 'second', JSON.parse(image.bytes) as object);
    expect((await send('/v2/cases/untag/manifests/first', { method: 'DELETE' })).status).toBe(202);
    expect((await send('/v2/cases/untag/manifests/first')).status).toBe(404);
    expect((await send('/v2/cases/untag/manifests/second')).status).toBe(200);
  });

  test('deletes a blob', async () => {
    const { digest } = await putBlob(subject, 'cases/unblob', 'not for long');
    expect((await send(`/v2/cases/unblob/blobs/${digest}`, { method: 'DELETE' })).status).toBe(202);
    expect((await send(`/v2/cases/unblob/blobs/${digest}`)).status).toBe(404);
  });

  testOfOci11('lists what refers to an image', 'it has no referrers API', async () => {
    const image = await putImage(subject, 'cases/refer', 'signed');
    const empty = { ...(await putBlob(subject, 'cases/refer', '{}')), mediaType: mediaTypes.empty };
    const subjectOf = { mediaType: mediaTypes.manifest, digest: image.digest, size: image.bytes.length };
    const pushed = await Promise.all(
      ['application/example.signature', 'application/example.sbom'].map(async (artifactType) => {
        const document = {
          schemaVersion: 2,
          mediaType: mediaTypes.manifest,
          artifactType,
          config: empty,
          layers: [empty],
          subject: subjectOf,
          annotations: { kind: artifactType },
        };
        const digest = contentDigest(JSON.stringify(document));
        const { response } = await putManifest(subject, 'cases/refer', digest, document);
        expect(response.headers.get('oci-subject')).toBe(image.digest);
        return digest;
      }),
    );
    const path = `/v2/cases/refer/referrers/${image.digest}`;
    const all = await send(path);
    expect(all.headers.get('content-type')).toBe(mediaTypes.index);
    const index = (await all.json()) as { manifests: { digest: string }[] };
    expect(index.manifests.map(({ digest }) => digest).sort()).toEqual([...pushed].sort());
    const filtered = await send(`${path}?artifactType=application%2Fexample.sbom`);
    expect(filtered.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(await filtered.json()).toMatchObject({
      manifests: [
        {
          digest: pushed[1],
          artifactType: 'application/example.sbom',
          annotations: { kind: 'application/example.sbom' },
        },
      ],
    });
    const none = await send(`/v2/cases/refer/referrers/${contentDigest('unknown')}`);
    expect(none.status).toBe(200);
    expect(await none.json()).toMatchObject({ manifests: [] });
  });

  test('refuses names that are no names', async () => {
    for (const path of ['/v2/UPPER/tags/list', '/v2/a/../b/tags/list', '/v2/a%2F..%2F..%2Fetc/manifests/x']) {
      const answer = await send(path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
    const bad = await send('/v2/cases/image/blobs/sha256:xyz');
    expect([400, 404]).toContain(bad.status);
  });
});

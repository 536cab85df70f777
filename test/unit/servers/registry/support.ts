import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentDigest, mediaTypes, type Descriptor } from '../../../../src/clients/oci.ts';
import { silentLog } from '../../../../src/lib/log.ts';
import {
  startRegistry,
  type RegistryServer,
  type RegistryServerOptions,
} from '../../../../src/servers/registry/server.ts';

/** A registry in a folder of its own, and what tests do with one. */
export interface TestRegistry {
  readonly server: RegistryServer;
  readonly dataDir: string;
  readonly url: string;
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly dispose: () => Promise<void>;
}

export async function startTestRegistry(options: Partial<RegistryServerOptions> = {}): Promise<TestRegistry> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'registry-')));
  const server = await startRegistry({ port: 0, log: silentLog, ...options, dataDir });
  const url = `http://localhost:${server.port}`;
  return {
    server,
    dataDir,
    url,
    fetch: (path, init) => fetch(new URL(path, url), { redirect: 'manual', ...init }),
    dispose: async () => {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

type Target = Pick<TestRegistry, 'fetch'>;

/** Pushes a blob in one POST and one PUT. */
export async function putBlob(
  { fetch: send }: Target,
  repository: string,
  content: string | Buffer,
): Promise<Descriptor> {
  const bytes = Buffer.from(content);
  const digest = contentDigest(bytes);
  const begun = await send(`/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = begun.headers.get('location') ?? '';
  const query = `${location.includes('?') ? '&' : '?'}digest=${digest}`;
  const put = await send(location + query, {
    method: 'PUT',
    body: bytes,
    headers: { 'content-type': 'application/octet-stream' },
  });
  if (put.status !== 201) throw new Error(`PUT of a blob: ${put.status} ${await put.text()}`);
  return { mediaType: mediaTypes.layerGzip, digest, size: bytes.length };
}

export interface PushedManifest {
  readonly digest: string;
  readonly bytes: string;
  readonly response: Response;
}

/** Puts a manifest as it is. */
export async function putManifest(
  { fetch: send }: Target,
  repository: string,
  reference: string,
  document: object,
  mediaType: string = mediaTypes.manifest,
): Promise<PushedManifest> {
  const bytes = JSON.stringify(document);
  const response = await send(`/v2/${repository}/manifests/${reference}`, {
    method: 'PUT',
    body: bytes,
    headers: { 'content-type': mediaType },
  });
  return { digest: contentDigest(bytes), bytes, response };
}

/** Pushes a whole image of one layer under a tag. */
export async function putImage(
  target: Target,
  repository: string,
  tag: string,
  layer = `layer of ${tag}`,
): Promise<PushedManifest & { layer: Descriptor; config: Descriptor }> {
  const content = await putBlob(target, repository, layer);
  const config = { ...(await putBlob(target, repository, `{"tag":"${tag}"}`)), mediaType: mediaTypes.config };
  const document = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [content] };
  const pushed = await putManifest(target, repository, tag, document);
  if (pushed.response.status !== 201) throw new Error(`PUT of a manifest: ${await pushed.response.text()}`);
  return { ...pushed, layer: content, config };
}

/** The code of the first entry of the OCI error list. */
export async function errorCode(response: Response): Promise<string> {
  const body = (await response.json()) as { errors: { code: string; message: string }[] };
  return body.errors[0]?.code ?? '';
}

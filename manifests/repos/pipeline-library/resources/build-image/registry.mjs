/** A small client of the registry API (OCI distribution specification). */
import { createHash } from 'node:crypto';
import http from 'node:http';

export const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const ACCEPT = [
  MANIFEST,
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
const LOOPBACK = /^(localhost|[^:]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

/** Takes `host:port/name[:tag][@digest]` apart, by docker's rules. */
export function parseReference(text) {
  const [, named, tag = 'latest', digest] =
    /^([^@]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text) ?? [];
  const [first = '', ...rest] = (named ?? '').split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const host = hasHost ? first : 'docker.io';
  const repository = hasHost
    ? rest.join('/')
    : host === 'docker.io' && rest.length === 0
      ? `library/${named}`
      : named;
  if (!/^[a-z0-9]+([._/-]+[a-z0-9]+)*$/.test(repository ?? ''))
    throw new Error(`"${text}" is not an image reference`);
  return { host, repository, tag, digest };
}

/** @param credentials `{ username, password }` or undefined */
export function openRegistry(host, { plainHttp = LOOPBACK.test(host), credentials } = {}) {
  const origin = `${plainHttp ? 'http' : 'https'}://${host === 'docker.io' ? 'registry-1.docker.io' : host}`;
  const agents = new Map();
  let authorization =
    credentials &&
    `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;

  /** Sends a request; the answer's body is the caller's to read. */
  async function send(method, target, { headers = {}, body } = {}) {
    const url = new URL(target, origin);
    // TLS takes some milliseconds to load, so only who needs it does.
    const client = url.protocol === 'https:' ? (await import('node:https')).default : http;
    if (!agents.has(client)) agents.set(client, new client.Agent({ keepAlive: true }));
    const auth = authorization !== undefined && url.origin === origin ? { authorization } : {};
    return new Promise((resolve, reject) => {
      const request = client.request(url, {
        method,
        agent: agents.get(client),
        headers: { ...headers, ...auth },
        timeout: 60_000,
      });
      request.on('response', resolve);
      request.on('error', (error) =>
        reject(new Error(`${url.host} cannot be reached: ${error.message || error.code}`)),
      );
      request.on('timeout', () => request.destroy(new Error('no answer for a minute')));
      if (typeof body?.pipe === 'function') body.on('error', (error) => request.destroy(error)).pipe(request);
      else request.end(body);
    });
  }

  /** Sends a request and reads the whole answer; a status that is not expected is an error with the registry's words. */
  async function call(method, target, { expect, ...options }) {
    let response = await send(method, target, options);
    let body = await read(response);
    if (response.statusCode === 401 && (await signIn(response.headers['www-authenticate']))) {
      response = await send(method, target, options);
      body = await read(response);
    }
    for (let hops = 0; response.statusCode >= 301 && response.statusCode <= 308 && hops < 5; hops += 1) {
      response = await send(
        method,
        new URL(response.headers.location, new URL(target, origin)).href,
        options,
      );
      body = await read(response);
    }
    if (expect.includes(response.statusCode))
      return { status: response.statusCode, headers: response.headers, body };
    throw new Error(
      `${method} ${new URL(target, origin)} was answered ${response.statusCode}: ${body.toString('utf8', 0, 500).trim()}`,
    );
  }

  /** Gets the token that public registries want even for what everybody may read. */
  async function signIn(challenge = '') {
    const { realm, service, scope } = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    if (!/^bearer /i.test(challenge) || realm === undefined || authorization?.startsWith('Bearer'))
      return false;
    const url = new URL(realm);
    for (const [key, value] of Object.entries({ service, scope }))
      if (value) url.searchParams.set(key, value);
    const response = await send('GET', url.href, {
      headers: authorization === undefined ? {} : { authorization },
    });
    const { token, access_token } = JSON.parse((await read(response)).toString());
    authorization = `Bearer ${token ?? access_token}`;
    return true;
  }

  const hasBlob = async (repository, digest) =>
    (await call('HEAD', `/v2/${repository}/blobs/${digest}`, { expect: [200, 404] })).status === 200;

  return {
    /** The image's manifest and configuration, of the index's entry for the platform where there is an index. */
    async pullImage(repository, reference, platform) {
      const get = async (which) => {
        const { status, body } = await call('GET', `/v2/${repository}/manifests/${which}`, {
          headers: { accept: ACCEPT },
          expect: [200, 404],
        });
        if (status === 404) throw new Error(`${host} has no image ${repository}:${which}`);
        if (which.startsWith('sha256:') && sha256(body) !== which)
          throw new Error(`${host} gave something else for ${which}`);
        return { digest: sha256(body), document: JSON.parse(body) };
      };
      let found = await get(reference);
      if (found.document.manifests !== undefined) {
        const fits = ({ platform: has }) => `${has?.os}/${has?.architecture}` === platform;
        const entry = found.document.manifests.find(fits);
        if (entry === undefined) throw new Error(`${repository}:${reference} has no image for ${platform}`);
        found = await get(entry.digest);
      }
      const { digest } = found.document.config;
      const config = (await call('GET', `/v2/${repository}/blobs/${digest}`, { expect: [200] })).body;
      if (sha256(config) !== digest) throw new Error(`${host} gave something else for ${digest}`);
      return { digest: found.digest, manifest: found.document, config: JSON.parse(config) };
    },

    /** Sends a blob unless the repository has it; tells which of the two. */
    async pushBlob(repository, { digest, size, body }) {
      if (await hasBlob(repository, digest)) return 'present';
      const { headers } = await call('POST', `/v2/${repository}/blobs/uploads/`, {
        headers: { 'content-length': 0 },
        expect: [202],
      });
      await upload(headers.location, digest, size, body);
      return 'pushed';
    },

    /** Makes a blob of another repository one of this repository too; copies it when the registry cannot do that. */
    async takeBlob(repository, { digest, size }, from) {
      if (await hasBlob(repository, digest)) return 'present';
      const query =
        from.registry === this ? `?mount=${digest}&from=${encodeURIComponent(from.repository)}` : '';
      const { status, headers } = await call('POST', `/v2/${repository}/blobs/uploads/${query}`, {
        headers: { 'content-length': 0 },
        expect: [201, 202],
      });
      if (status === 201) return 'mounted';
      await upload(headers.location, digest, size, await from.registry.openBlob(from.repository, digest));
      return 'copied';
    },

    /** A blob as a stream. Who stores it checks the digest. */
    async openBlob(repository, digest) {
      let target = `/v2/${repository}/blobs/${digest}`;
      for (let hops = 0; hops < 5; hops += 1) {
        const response = await send('GET', target);
        if (response.statusCode === 200) return response;
        response.resume();
        if (response.statusCode < 301 || response.statusCode > 308)
          throw new Error(`${host}: ${target} was answered ${response.statusCode}`);
        target = new URL(response.headers.location, new URL(target, origin)).href;
      }
      throw new Error(`${host} sends ${digest} around in circles`);
    },

    async pushManifest(repository, reference, bytes) {
      const headers = { 'content-type': MANIFEST, 'content-length': bytes.length };
      await call('PUT', `/v2/${repository}/manifests/${reference}`, { headers, body: bytes, expect: [201] });
    },
  };

  async function upload(location, digest, size, body) {
    const url = new URL(location, origin);
    url.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': size };
    await call('PUT', url.href, { headers, body, expect: [201] });
  }
}

async function read(response) {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

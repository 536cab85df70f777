import type { Readable } from 'node:stream';
import got, { type OptionsOfBufferResponseBody } from 'got';
import { releasedAtEnd } from '../lib/http/body.ts';
import { extraAuthorities, proxyAgents } from '../lib/proxy.ts';
import { contentDigest, mediaTypes, type Descriptor } from './oci.ts';
import { ContentMismatch, RegistryError, type FetchedManifest } from './registry.ts';

const MANIFEST_TYPES = [
  mediaTypes.index,
  mediaTypes.manifest,
  mediaTypes.dockerManifestList,
  mediaTypes.dockerManifest,
].join(', ');

/** Docker Hub's API has another name than its images. */
const API_HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/**
 * Reads public images from a registry of the internet, without a login: through the proxy of the environment, with the
 * anonymous tokens that such registries hand out (distribution specification, "Token Authentication").
 */
export class PublicRegistry {
  readonly #base: string;
  readonly #tokens = new Map<string, string>();

  /** @param host as it stands in image references; a URL for one that is reached otherwise. */
  constructor(host: string) {
    this.#base = host.includes('://') ? host : `https://${API_HOSTS[host] ?? host}`;
  }

  /**
   * Whether the registry answers at all; that it wants a login for this question is an answer, too.
   * @throws the error of the connection, or a RegistryError for what is no registry.
   */
  async ping(timeout: number): Promise<void> {
    const { statusCode } = await this.#get('/v2/', {}, timeout);
    if (statusCode !== 200 && statusCode !== 401) throw refused(this.#base, statusCode, '');
  }

  /** @throws RegistryError when there is no such manifest, or a limit has been reached (429). */
  async manifest(repository: string, reference: string): Promise<FetchedManifest> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const { statusCode, headers, body } = await this.#authorized(repository, path, {
      accept: MANIFEST_TYPES,
    });
    if (statusCode !== 200) throw refused(`${this.#base}${path}`, statusCode, body.toString('utf8'));
    const digest = contentDigest(body);
    if (reference.includes(':') && reference !== digest) {
      throw new ContentMismatch(reference, `its digest is ${digest}`);
    }
    return { digest, mediaType: headers['content-type']?.split(';')[0] ?? mediaTypes.manifest, bytes: body };
  }

  /** The content of a blob as it comes; who reads it has to check its digest. */
  async blob(
    repository: string,
    { digest }: Pick<Descriptor, 'digest'>,
    signal: AbortSignal,
  ): Promise<Readable> {
    const path = `/v2/${repository}/blobs/${digest}`;
    const token = this.#tokens.get(repository);
    return releasedAtEnd(
      got.stream(`${this.#base}${path}`, {
        ...connection(this.#base),
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        timeout: { connect: 10_000, socket: 60_000 },
        signal,
      }),
    );
  }

  async #authorized(repository: string, path: string, headers: Record<string, string>) {
    const first = await this.#get(path, { ...headers, ...this.#bearer(repository) });
    if (first.statusCode !== 401) return first;
    const token = await fetchToken(first.headers['www-authenticate'] ?? '', repository);
    if (token === undefined) return first;
    this.#tokens.set(repository, token);
    return this.#get(path, { ...headers, ...this.#bearer(repository) });
  }

  #bearer(repository: string): Record<string, string> {
    const token = this.#tokens.get(repository);
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  #get(path: string, headers: Record<string, string>, timeout = 30_000) {
    const options: OptionsOfBufferResponseBody = {
      ...connection(this.#base),
      headers,
      responseType: 'buffer',
      throwHttpErrors: false,
      retry: { limit: 0 },
      timeout: { request: timeout },
    };
    return got(`${this.#base}${path}`, options);
  }
}

function connection(url: string) {
  const authority = extraAuthorities();
  return {
    agent: proxyAgents(url),
    ...(authority === undefined ? {} : { https: { certificateAuthority: authority } }),
  };
}

/** `Bearer realm="…",service="…",scope="…"`: an anonymous token from there. */
async function fetchToken(challenge: string, repository: string): Promise<string | undefined> {
  const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = field('realm');
  if (!/^bearer /i.test(challenge) || realm?.startsWith('https://') !== true) return undefined;
  const service = field('service');
  const { token, access_token: other } = await got(realm, {
    ...connection(realm),
    searchParams: {
      scope: field('scope') ?? `repository:${repository}:pull`,
      ...(service === undefined ? {} : { service }),
    },
    timeout: { request: 15_000 },
    retry: { limit: 1 },
  }).json<{ token?: string; access_token?: string }>();
  return token ?? other;
}

function refused(url: string, status: number, body: string): RegistryError {
  let code: string | undefined;
  try {
    code = (JSON.parse(body) as { errors?: { code?: string }[] }).errors?.[0]?.code;
  } catch {
    // Not the protocol's error list: the status has to do.
  }
  return new RegistryError(
    `GET ${url} was answered ${status}${code === undefined ? '' : `: ${code}`}`,
    status,
    code,
    url,
  );
}

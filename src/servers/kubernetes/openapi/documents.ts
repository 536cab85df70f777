import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { builtFile, packageVersion } from '../../../lib/package.ts';
import { systemCode } from '../../../lib/errors.ts';
import type { Discovery } from '../discovery/discovery.ts';
import { apiVersionOf } from '../kinds.ts';
import type { KindRegistry } from '../registry.ts';
import { customDocument } from './custom.ts';
import { swaggerOf, type Swagger } from './swagger.ts';
import { encodeSwagger } from './swagger-protobuf.ts';

const unzip = promisify(gunzip);

/** The answer to `…spec.v2@v1.0+protobuf`, which client-go asks for: an `@` may not stand in a media type. */
const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * Serves OpenAPI v3: an index, and a document a group and version; those of built-in kinds as they were built. And OpenAPI v2,
 * by which Argo CD and older clients learn the kinds.
 */
export class OpenApi {
  readonly #kinds: KindRegistry;
  readonly #discovery: Discovery;
  #swagger: { readonly generation: number; readonly document: Swagger } | undefined;

  constructor(kinds: KindRegistry, discovery: Discovery) {
    this.#kinds = kinds;
    this.#discovery = discovery;
  }

  /** `/openapi/v3`: the documents by their paths. The hash changes whenever a document may have. */
  index(): object {
    const hash = createHash('sha256').update(`${packageVersion()} ${this.#kinds.generation}`).digest('hex');
    const paths = this.#discovery.groupVersions().map(({ group, version }) => {
      const path = pathOf(group, version);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash.toUpperCase()}` }];
    });
    return { paths: Object.fromEntries(paths) as object };
  }

  /** `/openapi/v2`: one document with the definitions of all kinds, in the form that is asked for. */
  serveV2(request: IncomingMessage, response: ServerResponse): void {
    const { generation } = this.#kinds;
    if (this.#swagger?.generation !== generation) {
      this.#swagger = { generation, document: swaggerOf(this.#kinds.all()) };
    }
    const { document } = this.#swagger;
    const accepted = request.headers.accept ?? '';
    if (accepted.includes('proto-openapi.spec.v2')) send(response, encodeSwagger(document), PROTOBUF);
    else send(response, Buffer.from(JSON.stringify(document)));
  }

  /** Answers with a document; false when there is none of this path. */
  async serve(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const found = this.#discovery
      .groupVersions()
      .find(({ group, version }) => pathOf(group, version) === path);
    if (found === undefined) return false;
    const { group, version } = found;
    const custom = this.#kinds
      .all()
      .filter((kind) => kind.group === group && kind.custom?.versions.some((one) => one.name === version));
    if (custom.length > 0) {
      send(response, Buffer.from(JSON.stringify(customDocument(custom, version))));
      return true;
    }
    const zipped = await readBuilt(path);
    if (zipped === undefined) send(response, Buffer.from(JSON.stringify(emptyDocument(group, version))));
    else if (/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
      response.setHeader('content-encoding', 'gzip');
      send(response, zipped);
    } else send(response, await unzip(zipped));
    return true;
  }
}

function pathOf(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

async function readBuilt(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(builtFile('kubernetes', 'openapi', `${path.replaceAll('/', '__')}.json.gz`));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function emptyDocument(group: string, version: string): object {
  return {
    openapi: '3.0.0',
    info: { title: apiVersionOf({ group, version }), version: packageVersion() },
    paths: {},
    components: { schemas: {} },
  };
}

function send(response: ServerResponse, body: Buffer, type = 'application/json'): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': body.length,
    'cache-control': 'no-cache, private',
    vary: 'Accept-Encoding',
  });
  response.end(body);
}

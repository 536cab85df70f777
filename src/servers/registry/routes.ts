import { deleteBlob, getBlob } from './blobs.ts';
import { RegistryRefusal } from './errors.ts';
import { sendJson, type Exchange } from './exchange.ts';
import { listRepositories, listTags } from './lists.ts';
import { deleteManifest, getManifest, putManifest } from './manifests.ts';
import { digestName, readReference, referenceName, repositoryName } from './names.ts';
import { appendChunk, beginUpload, cancelUpload, finishUpload, uploadStatus } from './pushes.ts';
import { listReferrers } from './referrers.ts';

type Handler = (exchange: Exchange, name: string, item: string) => Promise<void> | void;
type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Route {
  /** `name` is the repository, `item` what is asked for in it. */
  readonly path: RegExp;
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
}

const readBlob: Handler = (exchange, name, item) => getBlob(exchange, repositoryName(name), digestName(item));
const readManifest: Handler = (exchange, name, item) =>
  getManifest(exchange, repositoryName(name), readReference(item));
const answersVersion: Handler = ({ response }) => {
  sendJson(response, {});
};

/** The distribution specification's table of endpoints. */
const routes: readonly Route[] = [
  { path: /^\/v2\/?$/, methods: { GET: answersVersion, HEAD: answersVersion } },
  { path: /^\/v2\/_catalog$/, methods: { GET: listRepositories } },
  {
    path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/?$/,
    methods: { POST: (exchange, name) => beginUpload(exchange, repositoryName(name)) },
  },
  {
    path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/(?<item>[^/]+)$/,
    methods: {
      GET: (exchange, name, item) => {
        uploadStatus(exchange, repositoryName(name), item);
      },
      PATCH: (exchange, name, item) => appendChunk(exchange, repositoryName(name), item),
      PUT: (exchange, name, item) => finishUpload(exchange, repositoryName(name), item),
      DELETE: (exchange, name, item) => cancelUpload(exchange, repositoryName(name), item),
    },
  },
  {
    path: /^\/v2\/(?<name>.+)\/blobs\/(?<item>[^/]+)$/,
    methods: {
      GET: readBlob,
      HEAD: readBlob,
      DELETE: (exchange, name, item) => deleteBlob(exchange, repositoryName(name), digestName(item)),
    },
  },
  {
    path: /^\/v2\/(?<name>.+)\/manifests\/(?<item>[^/]+)$/,
    methods: {
      GET: readManifest,
      HEAD: readManifest,
      PUT: (exchange, name, item) => putManifest(exchange, repositoryName(name), referenceName(item)),
      DELETE: (exchange, name, item) => deleteManifest(exchange, repositoryName(name), referenceName(item)),
    },
  },
  {
    path: /^\/v2\/(?<name>.+)\/tags\/list$/,
    methods: {
      GET: (exchange, name) => {
        listTags(exchange, repositoryName(name));
      },
    },
  },
  {
    path: /^\/v2\/(?<name>.+)\/referrers\/(?<item>[^/]+)$/,
    methods: {
      GET: (exchange, name, item) => {
        listReferrers(exchange, repositoryName(name), digestName(item));
      },
    },
  },
];

/**
 * Hands a request to the handler of its path and method.
 * @param path without the query, as it came.
 * @throws RegistryRefusal 404 for unknown paths, 405 for methods that a path does not have.
 */
export async function route(exchange: Exchange, path: string): Promise<void> {
  for (const { path: pattern, methods } of routes) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const handle = methods[exchange.request.method as Method];
    if (handle === undefined) {
      throw new RegistryRefusal(405, 'UNSUPPORTED', `${exchange.request.method ?? ''} is not served here`, {
        allow: Object.keys(methods).join(', '),
      });
    }
    const { name = '', item = '' } = match.groups ?? {};
    await handle(exchange, decode(name), decode(item));
    return;
  }
  throw new RegistryRefusal(404, 'NAME_UNKNOWN', 'this path is not part of the registry API');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RegistryRefusal(400, 'NAME_INVALID', 'the path is not well encoded');
  }
}

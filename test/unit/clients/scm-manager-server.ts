import { createServer, type IncomingMessage } from 'node:http';
import { packet, FLUSH } from '../../../src/clients/git/pkt-line.ts';
import { basicAuthorization } from '../../../src/lib/http/auth.ts';
import { readBody } from '../../../src/lib/http/body.ts';
import { listen } from '../../../src/lib/http/listen.ts';
import { takePlugin } from './scm-manager-installer.ts';
import type {
  Changeset,
  ScmComment,
  ScmPull,
  ScmRepository,
  ScmUser,
} from '../../../src/clients/scm-manager-types.ts';

/**
 * A server that answers as SCM-Manager 3.11.10 with its review and webhook plugins was seen to: paths, media types, HAL
 * collections and statuses are those of the product. It keeps everything in memory, and of Git only the references.
 */
export interface ScmManagerState {
  config: { namespaceStrategy: string; baseUrl: string; pluginUrl: string } & Record<string, unknown>;
  plugins: string[];
  /** What the plugin center of the internet has; nothing where it cannot be reached. */
  available: string[];
  /** An address of the network that the server is in, as it is reached from here. */
  seen: (address: string) => string;
  pending: string[];
  /** How many requests are refused after a restart. */
  restarting: number;
  users: Map<string, ScmUser & { password?: string }>;
  repositories: Map<
    string,
    ScmRepository & {
      permissions: Map<string, { name: string; role: string; groupPermission: boolean }>;
      branches: Map<string, Changeset[]>;
      /** The commit of each; an annotated tag is an object of its own, with the id of its commit in reverse. */
      tags: Map<string, { readonly commit: string; readonly annotated?: boolean }>;
      pulls: ScmPull[];
      webhooks: unknown[];
      comments: (ScmComment & { readonly pull: string })[];
      /** What every diff is. */
      diff: string;
    }
  >;
}

interface Answer {
  readonly status: number;
  /** Sent as JSON unless it is text. */
  readonly body?: unknown;
}

/** Of which a server asks unless it is told of another one. */
const internetCenter = 'https://plugin-center-api.scm-manager.org/api/v1/plugins/';

const ok = (body: unknown): Answer => ({ status: 200, body });
const done: Answer = { status: 204 };
const created: Answer = { status: 201 };
const missing: Answer = { status: 404, body: { message: 'could not find entity', errorCode: 'AGR7UzkhA1' } };
const notAcceptable: Answer = {
  status: 406,
  body: { message: 'Media type application/json is not supported on this url.', errorCode: '7bSSf4F381' },
};
/** What a browser gets at every address that is none of the API's. */
const page: Answer = { status: 200, body: '<!doctype html><title>SCM-Manager</title>' };
const exists: Answer = { status: 409, body: { message: 'entity already exists', errorCode: 'FtR7UznKU1' } };

/** One page of a collection in HAL; pages count from 0. */
function collection(name: string, items: readonly unknown[], query: URLSearchParams): Answer {
  const size = Number(query.get('pageSize') ?? 10);
  const page = Number(query.get('page') ?? 0);
  const pageTotal = Math.ceil(items.length / size);
  const _embedded = { [name]: items.slice(page * size, (page + 1) * size) };
  return ok({ _links: { self: { href: '/' } }, page, pageTotal, _embedded });
}

type Handler = (context: {
  readonly state: ScmManagerState;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}) => Answer | Promise<Answer>;

const repositoryOf = (state: ScmManagerState, path: readonly string[]) =>
  state.repositories.get(`${path[0]}/${path[1]}`);

/** A handler for what belongs to one repository, which has to be there. */
function ofRepository(
  handler: (
    repository: NonNullable<ReturnType<typeof repositoryOf>>,
    context: Parameters<Handler>[0],
  ) => ReturnType<Handler>,
): Handler {
  return (context) => {
    const repository = repositoryOf(context.state, context.path);
    return repository === undefined ? missing : handler(repository, context);
  };
}

const pullOf = (pulls: readonly ScmPull[], id: string | undefined) => pulls.find((pull) => pull.id === id);
const closed = (pull: ScmPull) => pull.status === 'MERGED' || pull.status === 'REJECTED';

/** Method and path; `*` is one segment, which the handler gets, and `**` the rest. The type is what a body has to be. */
const routes: readonly (readonly [string, string, string | undefined, Handler])[] = [
  ['GET', 'config', undefined, ({ state }) => ok(state.config)],
  [
    'PUT',
    'config',
    'config',
    ({ state, body }) => {
      state.config = body as ScmManagerState['config'];
      return done;
    },
  ],
  [
    'GET',
    'plugins/installed',
    undefined,
    ({ state }) => ok({ _embedded: { plugins: state.plugins.map((name) => ({ name, version: '1.0.0' })) } }),
  ],
  [
    'POST',
    'plugins/available/*/install',
    undefined,
    async ({ state, path: [name = ''] }) => {
      const { plugins, pending, available, config, seen } = state;
      const taken = config.pluginUrl.startsWith(internetCenter)
        ? available.filter((plugin) => plugin === name)
        : await takePlugin(config.pluginUrl, name, [...plugins, ...pending], seen).catch(() => undefined);
      if (taken === undefined || taken.length === 0) return missing;
      pending.push(...taken);
      return { status: 200 };
    },
  ],
  [
    'POST',
    'plugins/pending/execute',
    undefined,
    ({ state }) => {
      state.plugins.push(...state.pending.splice(0));
      state.restarting = 2;
      return { status: 200 };
    },
  ],
  [
    'GET',
    'users/*',
    undefined,
    ({ state, path }) => {
      const user = state.users.get(path[0] ?? '');
      return user === undefined ? missing : ok(user);
    },
  ],
  [
    'POST',
    'users',
    'user',
    ({ state, body }) => {
      const user = body as unknown as ScmUser;
      if (state.users.has(user.name)) return exists;
      state.users.set(user.name, user);
      return created;
    },
  ],
  [
    'GET',
    'repositories',
    undefined,
    ({ state, query }) =>
      collection(
        'repositories',
        [...state.repositories.values()].filter(({ name }) => name.includes(query.get('q') ?? '')),
        query,
      ),
  ],
  [
    'POST',
    'repositories',
    'repository',
    ({ state, body }) => {
      const repository = body as unknown as ScmRepository;
      if (state.config.namespaceStrategy !== 'CustomNamespaceStrategy')
        return { status: 400, body: { message: 'the namespace may not be chosen' } };
      const key = `${repository.namespace}/${repository.name}`;
      if (state.repositories.has(key)) return exists;
      state.repositories.set(key, {
        ...repository,
        permissions: new Map(),
        branches: new Map(),
        tags: new Map(),
        pulls: [],
        webhooks: [],
        comments: [],
        diff: '',
      });
      return created;
    },
  ],
  ['GET', '', undefined, () => ok({ version: '3.11.10' })],
  ['GET', 'repositories/*/*', undefined, ofRepository((repository) => ok(repository))],
  [
    'DELETE',
    'repositories/*/*',
    undefined,
    ({ state, path }) => {
      state.repositories.delete(`${path[0]}/${path[1]}`);
      return done;
    },
  ],
  [
    'POST',
    'repositories/*/*/permissions',
    'repositoryPermission',
    ofRepository(({ permissions }, { body }) => {
      const permission = body as { name: string; role: string; groupPermission: boolean };
      if (permissions.has(permission.name)) return exists;
      permissions.set(permission.name, permission);
      return created;
    }),
  ],
  [
    'PUT',
    'repositories/*/*/permissions/*',
    'repositoryPermission',
    ofRepository(({ permissions }, { path, body }) => {
      permissions.set(path[2] ?? '', body as { name: string; role: string; groupPermission: boolean });
      return done;
    }),
  ],
  [
    'GET',
    'repositories/*/*/branches',
    undefined,
    ofRepository(({ branches }) =>
      ok({
        _embedded: {
          branches: [...branches].map(([name, [head]]) => ({
            name,
            revision: head?.id ?? '',
            defaultBranch: name === 'main',
          })),
        },
      }),
    ),
  ],
  [
    'POST',
    'repositories/*/*/branches/',
    'branchRequest',
    ofRepository(({ branches }, { body }) => {
      const { name, parent } = body as { name: string; parent: string };
      if (branches.has(name)) return exists;
      const from = branches.get(parent);
      if (from === undefined) return missing;
      branches.set(name, [...from]);
      return created;
    }),
  ],
  [
    'DELETE',
    'repositories/*/*/branches/*',
    undefined,
    ofRepository(({ branches }, { path }) => {
      branches.delete(path[2] ?? '');
      return done;
    }),
  ],
  [
    'GET',
    'repositories/*/*/tags/',
    undefined,
    ofRepository(({ tags }) =>
      ok({ _embedded: { tags: [...tags].map(([name, { commit }]) => ({ name, revision: commit })) } }),
    ),
  ],
  ['GET', 'repositories/*/*/diff/*', undefined, ofRepository(({ diff }) => ok(diff))],
  [
    'GET',
    'repositories/*/*/incoming/*/*/diff',
    undefined,
    ofRepository(({ branches, diff }, { path }) => {
      const known = [...branches].flatMap(([name, commits]) => [name, ...commits.map(({ id }) => id)]);
      return [path[2], path[3]].every((each) => known.includes(each ?? '')) ? ok(diff) : missing;
    }),
  ],
  [
    'GET',
    'repositories/*/*/branches/*',
    undefined,
    ofRepository(({ branches }, { path }) => {
      const [head] = branches.get(path[2] ?? '') ?? [];
      return head === undefined ? missing : ok({ name: path[2], revision: head.id });
    }),
  ],
  [
    'GET',
    'repositories/*/*/branches/*/changesets',
    undefined,
    ofRepository(({ branches }, { path, query }) => {
      const commits = branches.get(path[2] ?? '');
      return commits === undefined ? missing : collection('changesets', commits, query);
    }),
  ],
  [
    'GET',
    'repositories/*/*/changesets/*',
    undefined,
    ofRepository(({ branches }, { path }) => {
      const found = [...branches.values()].flat().find(({ id }) => id.startsWith(path[2] ?? ''));
      return found === undefined ? missing : ok(found);
    }),
  ],
  [
    'GET',
    'repositories/*/*/history/*/**',
    undefined,
    ofRepository(({ branches }, { path, query }) =>
      collection(
        'changesets',
        (branches.get(path[2] ?? '') ?? []).filter(({ description }) => description.includes(path[3] ?? '')),
        query,
      ),
    ),
  ],
  [
    'GET',
    'pull-requests/*/*',
    undefined,
    ofRepository(({ pulls }, { query }) => {
      const found = query.get('status') === 'ALL' ? pulls : pulls.filter((pull) => !closed(pull));
      const wanted = query.get('sortBy') === 'ID_DESC' ? found.toReversed() : found;
      return collection('pullRequests', wanted, query);
    }),
  ],
  [
    'POST',
    'pull-requests/*/*',
    'pullRequest',
    ofRepository(({ pulls }, { body }) => {
      const request = body as Pick<ScmPull, 'title' | 'source' | 'target'>;
      if (request.title === '')
        return {
          status: 400,
          body: {
            ...{ message: 'input violates conditions (see violation list)', errorCode: '1wR7ZBe7H1' },
            violations: [{ path: 'create.pullRequestDto.title', message: 'must not be blank' }],
          },
        };
      if (pulls.some((pull) => !closed(pull) && pull.source === request.source)) return exists;
      const id = String(pulls.length + 1);
      const author = { id: 'developer' };
      pulls.push({ ...request, id, author, status: 'OPEN', creationDate: '2026-11-25T09:30:00Z' });
      return created;
    }),
  ],
  [
    'PUT',
    'pull-requests/*/*/*',
    'pullRequest',
    ofRepository(({ pulls }, { path, body }) => {
      const pull = pullOf(pulls, path[2]);
      if (pull === undefined) return missing;
      pulls.splice(pulls.indexOf(pull), 1, { ...pull, ...(body as Partial<ScmPull>), id: pull.id });
      return done;
    }),
  ],
  [
    'POST',
    'pull-requests/*/*/*/comments/',
    'application/json',
    ofRepository((repository, { path, body }) => {
      repository.comments.push({
        ...{ pull: path[2] ?? '', id: `c${repository.comments.length}`, comment: String(body.comment) },
        ...{ type: (body.type ?? 'COMMENT') as 'COMMENT', date: '2026-11-25T09:40:00Z' },
        author: { id: 'developer' },
      });
      return created;
    }),
  ],
  [
    'GET',
    'pull-requests/*/*/*/comments/',
    undefined,
    ofRepository(({ comments }, { path }) =>
      ok({ _embedded: { pullRequestComments: comments.filter(({ pull }) => pull === path[2]) } }),
    ),
  ],
  [
    'POST',
    'pull-requests/*/*/*/approve',
    undefined,
    ofRepository(({ pulls }, { path }) => {
      const pull = pullOf(pulls, path[2]);
      if (pull === undefined) return missing;
      const reviewer = [{ id: 'developer', approved: true }];
      pulls.splice(pulls.indexOf(pull), 1, { ...pull, reviewer });
      return done;
    }),
  ],
  [
    'POST',
    'merge/*/*/*/merge-check',
    undefined,
    ofRepository(({ branches, pulls }, { path }) => {
      const source = pullOf(pulls, path[2])?.source ?? '';
      return ok({
        hasConflicts: source === 'conflict',
        mergeObstacles: [],
        sourceBranchMissing: !branches.has(source),
      });
    }),
  ],
  [
    'GET',
    'pull-requests/*/*/*',
    undefined,
    ofRepository(({ pulls }, { path }) => {
      const pull = pullOf(pulls, path[2]);
      return pull === undefined ? missing : ok(pull);
    }),
  ],
  [
    'POST',
    'pull-requests/*/*/*/reject',
    undefined,
    ofRepository(({ pulls, branches }, { path }) => {
      const pull = pullOf(pulls, path[2]);
      if (pull === undefined) return missing;
      pulls.splice(pulls.indexOf(pull), 1, {
        ...pull,
        ...{ status: 'REJECTED', closeDate: '2026-11-25T10:00:00Z', reviser: { id: 'developer' } },
        sourceRevision: branches.get(pull.source)?.[0]?.id ?? null,
        targetRevision: branches.get(pull.target)?.[0]?.id ?? null,
      });
      return done;
    }),
  ],
  [
    'POST',
    'merge/*/*/*',
    'mergeCommand',
    ofRepository(({ pulls, branches }, { path, query, body }) => {
      const pull = pullOf(pulls, path[2]);
      if (pull === undefined) return missing;
      if (query.get('strategy') !== 'MERGE_COMMIT') return { status: 400 };
      if (closed(pull))
        return { status: 500, body: { message: 'cannot merge pull requests that are not open' } };
      const [head] = branches.get(pull.source) ?? [];
      const target = branches.get(pull.target) ?? [];
      const [before] = target;
      if (head !== undefined) target.unshift(head);
      target.unshift({
        id: 'merge'.padEnd(40, '0'),
        author: { name: 'developer' },
        date: '2026-11-25T10:00:00Z',
        description: String(body.commitMessage),
        _embedded: { parents: [before, head].flatMap((commit) => (commit ? [{ id: commit.id }] : [])) },
      });
      if (body.shouldDeleteSourceBranch === true) branches.delete(pull.source);
      pulls.splice(pulls.indexOf(pull), 1, {
        ...pull,
        status: 'MERGED',
        closeDate: '2026-11-25T10:00:00Z',
        reviser: { id: 'developer' },
        sourceRevision: head?.id ?? null,
        targetRevision: before?.id ?? null,
      });
      return done;
    }),
  ],
  ['GET', 'plugins/webhook/*/*', undefined, ofRepository(({ webhooks }) => ok({ webhooks }))],
  [
    'PUT',
    'plugins/webhook/*/*',
    'application/json',
    ofRepository((repository, { body }) => {
      repository.webhooks = body.webhooks as unknown[];
      return done;
    }),
  ],
];

function pattern(route: string): RegExp {
  return new RegExp(`^/scm/api/v2/${route.replaceAll('**', '(.+)').replaceAll(/\*/g, '([^/]+)')}$`);
}

/** The references as they are offered for a fetch (gitprotocol-http, "Smart Server Response"). */
function advertise({ branches, tags }: NonNullable<ReturnType<typeof repositoryOf>>): string {
  const heads = [...branches].map(([name, [head]]) => `${head?.id ?? ''} refs/heads/${name}`);
  const marks = [...tags].flatMap(([name, { commit, annotated }]) =>
    annotated === true
      ? [`${[...commit].reverse().join('')} refs/tags/${name}`, `${commit} refs/tags/${name}^{}`]
      : [`${commit} refs/tags/${name}`],
  );
  const lines = [...heads, ...marks].map((line, index) => packet(`${line}${index === 0 ? '\0 caps' : ''}\n`));
  return [packet('# service=git-upload-pack\n'), FLUSH, ...lines, FLUSH].join('');
}

async function answer(state: ScmManagerState, request: IncomingMessage): Promise<Answer> {
  const body = await readBody(request, 1_000_000);
  if (request.headers.authorization !== basicAuthorization('developer', 'correct-horse-battery'))
    return { status: 401 };
  if (state.restarting > 0) {
    state.restarting -= 1;
    return { status: 503 };
  }
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
  const { accept, 'user-agent': agent = '' } = request.headers;
  const refs = /^\/scm\/repo\/([^/]+\/[^/]+)\.git\/info\/refs$/.exec(pathname);
  if (refs !== null) {
    if (!agent.startsWith('git/')) return page;
    const repository = state.repositories.get(refs[1] ?? '');
    return repository === undefined ? missing : ok(advertise(repository));
  }
  for (const [method, route, type, handler] of routes) {
    const match = method === request.method ? pattern(route).exec(pathname) : null;
    if (match === null) continue;
    const wanted = type === undefined || type.includes('/') ? type : `application/vnd.scmm-${type}+json;v=2`;
    if (wanted !== undefined && request.headers['content-type'] !== wanted) return { status: 415 };
    if (method === 'GET' && accept === 'application/json' && !route.startsWith('plugins/webhook/'))
      return notAcceptable;
    const path = match.slice(1).map(decodeURIComponent);
    const text = body.toString();
    return handler({
      state,
      path,
      query,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    });
  }
  return missing;
}

/** Starts the server with nothing in it but its administrator. */
export async function startScmManager(): Promise<{
  readonly url: string;
  readonly state: ScmManagerState;
  close(): Promise<void>;
}> {
  const state: ScmManagerState = {
    config: {
      ...{ namespaceStrategy: 'UsernameNamespaceStrategy', baseUrl: 'http://localhost/scm' },
      pluginUrl: `${internetCenter}{version}?os={os}&arch={arch}&jre={jre}`,
      alertsUrl: 'https://alerts.scm-manager.org/api/v1/alerts',
      releaseFeedUrl: 'https://scm-manager.org/download/rss.xml',
      loginInfoUrl: 'https://login-info.scm-manager.org/api/v1/login-info',
    },
    seen: (address) => address,
    plugins: ['scm-git-plugin'],
    available: ['scm-review-plugin', 'scm-webhook-plugin'],
    ...{ pending: [], restarting: 0 },
    users: new Map([['developer', { name: 'developer', displayName: 'Developer' }]]),
    repositories: new Map(),
  };
  const server = createServer((request, response) => {
    void answer(state, request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/hal+json' });
      response.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  const listener = await listen(server, { port: 0 });
  return { url: `http://127.0.0.1:${listener.port}/scm`, state, close: () => listener.close() };
}

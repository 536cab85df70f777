import { basicAuthorization } from '../lib/http/auth.ts';
import { advertisedReferences } from './git/advertised.ts';
import type { GitCommit, GitPull, GitRepository, GitServer } from './git-server.ts';
import { createHttp, hasStatus, type Http, type HttpMethod } from './http.ts';
import { installPlugins, missingPlugins } from './scm-manager-plugins.ts';
import type * as Scm from './scm-manager-types.ts';

export interface ScmManagerSettings {
  /** Of the server with its context path, `/scm`; without `/api`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Milliseconds between two looks at a server that restarts. */
  readonly interval?: number;
}

const PAGE = 100;
/** Before its first merge the server makes the key by which it signs commits, which took 11 s on two busy processors. */
const MERGE_LIMIT_MS = 120_000;
const mediaType = (name: string) => `application/vnd.scmm-${name}+json;v=2`;

/**
 * SCM-Manager by its REST API v2, its review plugin and its webhook plugin, with the words of GitServer. Calls throw
 * HttpStatusError when the server refuses; a `find…` gives undefined where it says 404.
 */
export function createScmManager(settings: ScmManagerSettings): GitServer {
  const { url, username, password } = settings;
  const root = url.replace(/\/+$/, '');
  const authorization = basicAuthorization(username, password);
  const http = createHttp({
    baseUrl: `${root}/api/v2`,
    authorization,
    // Every resource has a media type of its own; who asks for application/json gets 406.
    accept: '*/*',
  });
  return {
    keepsPulls: true,
    ...accounts(http, settings.interval ?? 1000),
    ...repositories(http, root),
    ...history(http, root, authorization),
    ...pulls(http, root),
    ...hooks(http),
  };
}

/** A path of encoded segments; slashes in file paths are kept, those of branch names are not. */
function at(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  return String.raw({ raw: strings }, ...values.map((value) => encodeURIComponent(String(value))));
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

async function send(
  http: Http,
  method: HttpMethod,
  path: string,
  type: string,
  body: unknown,
  limit?: { readonly timeout: number },
) {
  await http.request(method, path, {
    headers: { 'content-type': type },
    body: JSON.stringify(body),
    ...limit,
  });
}

/** All pages of a collection. */
async function all<Item>(
  http: Http,
  path: string,
  name: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 0; ; page += 1) {
    const found = await http.json<Scm.Collection<string, Item>>('GET', path, {
      query: { ...query, page, pageSize: PAGE },
    });
    items.push(...(found._embedded?.[name] ?? []));
    if (page + 1 >= (found.pageTotal ?? 1)) return items;
  }
}

function accounts(
  http: Http,
  interval: number,
): Pick<GitServer, 'findUser' | 'createUser' | 'findOrganization' | 'createOrganization'> {
  const freely = 'CustomNamespaceStrategy';
  const configuration = () => http.json<Scm.ScmConfiguration>('GET', 'config');

  return {
    findUser: async (name) => {
      const user = await orUndefined(http.json<Scm.ScmUser>('GET', at`users/${name}`));
      return user && { login: user.name };
    },
    createUser: ({ username, password, email, full_name: displayName = username }) => {
      const user = { name: username, displayName, mail: email, password, active: true, external: false };
      return send(http, 'POST', 'users', mediaType('user'), user);
    },
    /** A namespace comes with its first repository; what has to be there before is that names may be chosen, and the plugins. */
    findOrganization: async (name) => {
      const ready =
        (await configuration()).namespaceStrategy === freely && (await missingPlugins(http)).length === 0;
      return ready ? { name } : undefined;
    },
    createOrganization: async () => {
      await installPlugins(http, interval);
      await send(http, 'PUT', 'config', mediaType('config'), {
        ...(await configuration()),
        namespaceStrategy: freely,
      });
    },
  };
}

function repositories(
  http: Http,
  root: string,
): Pick<
  GitServer,
  'findRepository' | 'createRepository' | 'searchRepositories' | 'deleteRepository' | 'setCollaborator'
> {
  const roles = { read: 'READ', write: 'WRITE', admin: 'OWNER' } as const;
  const toRepository = ({ namespace, name }: Scm.ScmRepository): GitRepository => ({
    name,
    owner: { login: namespace },
    // The ending is the type of the repository, which the server takes off.
    clone_url: `${root}/repo/${namespace}/${name}.git`,
    html_url: `${root}/repo/${namespace}/${name}`,
  });
  return {
    findRepository: async (owner, name) => {
      const found = await orUndefined(http.json<Scm.ScmRepository>('GET', at`repositories/${owner}/${name}`));
      return found && toRepository(found);
    },
    createRepository: (namespace, { name, description = '' }) =>
      send(http, 'POST', 'repositories', mediaType('repository'), {
        namespace,
        name,
        type: 'git',
        description,
      }),
    searchRepositories: async (text = '') =>
      (
        await all<Scm.ScmRepository>(http, 'repositories', 'repositories', text === '' ? {} : { q: text })
      ).map(toRepository),
    deleteRepository: async (owner, name) =>
      void (await http.request('DELETE', at`repositories/${owner}/${name}`)),
    setCollaborator: async (owner, name, user, permission) => {
      const path = at`repositories/${owner}/${name}/permissions`;
      const entry = { name: user, role: roles[permission], groupPermission: false };
      await send(http, 'POST', path, mediaType('repositoryPermission'), entry).catch((error: unknown) => {
        if (!hasStatus(error, 409)) throw error;
        return send(
          http,
          'PUT',
          `${path}/${encodeURIComponent(user)}`,
          mediaType('repositoryPermission'),
          entry,
        );
      });
    },
  };
}

function history(
  http: Http,
  root: string,
  authorization: string,
): Pick<GitServer, 'findBranch' | 'listReferences' | 'listCommits'> {
  const toCommit = ({ id, author, date, description }: Scm.Changeset): GitCommit => {
    const person = { name: author.name, email: author.mail ?? '', date };
    return { sha: id, commit: { message: description, author: person, committer: person } };
  };
  const changesets = async (path: string, limit: number) => {
    const query = { page: 0, pageSize: limit };
    const found = await http.json<Scm.Collection<'changesets', Scm.Changeset>>('GET', path, { query });
    return (found._embedded?.changesets ?? []).map(toCommit);
  };
  return {
    findBranch: async (owner, name, branch) => {
      const path = at`repositories/${owner}/${name}/branches/${branch}`;
      const found = await orUndefined(http.json<Scm.ScmBranch>('GET', path));
      return found && { name: found.name, commit: { id: found.revision } };
    },
    /** As git sees them: the REST API tells of an annotated tag only which commit it means. */
    listReferences: async (owner, name) => {
      const url = `${root}/repo/${at`${owner}/${name}`}.git`;
      const offered = await advertisedReferences({ url, authorization });
      return offered
        .filter(({ ref }) => /^refs\/(heads|tags)\//.test(ref))
        .map(({ ref, id, peeled }) => ({
          ref,
          object: { sha: id, type: peeled === undefined ? 'commit' : 'tag' },
        }));
    },
    listCommits: async (owner, name, { sha = 'main', path, limit = PAGE } = {}) => {
      const repository = at`repositories/${owner}/${name}`;
      if (path !== undefined)
        return changesets(`${repository}/history/${encodeURIComponent(sha)}/${encodePath(path)}`, limit);
      const branch = await orUndefined(
        changesets(`${repository}/branches/${encodeURIComponent(sha)}/changesets`, limit),
      );
      if (branch !== undefined) return branch;
      return [
        toCommit(
          await http.json<Scm.Changeset>('GET', `${repository}/changesets/${encodeURIComponent(sha)}`),
        ),
      ];
    },
  };
}

function pulls(http: Http, root: string): Pick<GitServer, 'listPulls' | 'mergePull' | 'deletePull'> {
  const collection = (owner: string, name: string) => at`pull-requests/${owner}/${name}`;
  const isOpen = ({ status }: Scm.ScmPull) => status === 'OPEN' || status === 'DRAFT';

  /** The newest commits of all branches: an open pull request does not name its own. */
  async function headsOf(owner: string, name: string): Promise<Map<string, string>> {
    const path = at`repositories/${owner}/${name}/branches`;
    const found = await http.json<Scm.Collection<'branches', Scm.ScmBranch>>('GET', path);
    return new Map((found._embedded?.branches ?? []).map((branch) => [branch.name, branch.revision]));
  }

  /** The newest commits of a branch by the commits that they merge: a pull request itself does not name its merge. */
  async function merges(owner: string, name: string, branch: string): Promise<Map<string, string>> {
    const path = at`repositories/${owner}/${name}/branches/${branch}/changesets`;
    const query = { page: 0, pageSize: PAGE };
    const found = await http.json<Scm.Collection<'changesets', Scm.Changeset>>('GET', path, { query });
    const merged = (found._embedded?.changesets ?? []).flatMap(({ id, _embedded }) =>
      (_embedded?.parents ?? []).slice(1).map((parent) => [parent.id, id] as const),
    );
    return new Map(merged);
  }

  return {
    listPulls: async (owner, name, state = 'open') => {
      const query = { status: state === 'open' ? 'IN_PROGRESS' : 'ALL' };
      const found = await all<Scm.ScmPull>(http, collection(owner, name), 'pullRequests', query);
      const wanted = found.filter((pull) => state !== 'closed' || !isOpen(pull));
      const target = wanted.find(({ status }) => status === 'MERGED')?.target;
      const [merged, heads] = await Promise.all([
        target === undefined ? new Map<string, string>() : merges(owner, name, target),
        wanted.some(isOpen) ? headsOf(owner, name) : new Map<string, string>(),
      ]);
      return wanted.map((pull): GitPull => ({
        number: Number(pull.id),
        title: pull.title,
        state: isOpen(pull) ? 'open' : 'closed',
        html_url: `${root}/repo/${owner}/${name}/pull-request/${pull.id}`,
        merged: pull.status === 'MERGED',
        merged_at: pull.status === 'MERGED' ? (pull.closeDate ?? null) : null,
        merge_commit_sha: merged.get(pull.sourceRevision ?? '') ?? null,
        created_at: pull.creationDate,
        user: { login: pull.author?.id ?? '' },
        head: {
          label: pull.source,
          ref: pull.source,
          sha: pull.sourceRevision ?? heads.get(pull.source) ?? '',
        },
      }));
    },
    mergePull: async (owner, name, number, options) => {
      const path = at`merge/${owner}/${name}/${number}` + '?strategy=MERGE_COMMIT';
      const command = {
        commitMessage: options.MergeTitleField ?? `Merge pull request ${number}`,
        shouldDeleteSourceBranch: options.delete_branch_after_merge ?? false,
      };
      await send(http, 'POST', path, mediaType('mergeCommand'), command, { timeout: MERGE_LIMIT_MS });
    },
    /** Pull requests stay for good; what is open is rejected. */
    deletePull: async (owner, name, number) => {
      const path = `${collection(owner, name)}/${number}`;
      const pull = await http.json<Scm.ScmPull>('GET', path);
      if (isOpen(pull)) await http.request('POST', `${path}/reject`);
    },
  };
}

function hooks(http: Http): Pick<GitServer, 'listHooks' | 'createHook' | 'deleteHook'> {
  const path = (owner: string, name: string) => at`plugins/webhook/${owner}/${name}`;
  const read = async (owner: string, name: string) =>
    (await http.json<{ readonly webhooks?: readonly Scm.ScmWebhook[] }>('GET', path(owner, name))).webhooks ??
    [];
  const write = (owner: string, name: string, webhooks: readonly Scm.ScmWebhook[]) =>
    send(http, 'PUT', path(owner, name), 'application/json', { webhooks });
  return {
    /** The plugin keeps one list for a repository; a webhook's number is its place in it, from 1. */
    listHooks: async (owner, name) =>
      (await read(owner, name)).map(({ configuration }, index) => ({
        id: index + 1,
        active: true,
        config: { url: configuration.urlPattern },
      })),
    createHook: async (owner, name, { config }) => {
      const configuration = {
        urlPattern: config.url,
        ...{ executeOnEveryCommit: false, sendCommitData: false },
        method: config.http_method === 'get' ? ('GET' as const) : ('POST' as const),
        headers: [],
      };
      await write(owner, name, [...(await read(owner, name)), { name: 'SimpleWebHook', configuration }]);
    },
    deleteHook: async (owner, name, id) => {
      const present = await read(owner, name);
      await write(
        owner,
        name,
        present.filter((_, index) => index + 1 !== id),
      );
    },
  };
}

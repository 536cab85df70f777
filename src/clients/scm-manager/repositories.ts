import { packFirstCommit } from '../git/new-objects.ts';
import { NO_OBJECT, pushPack } from '../git/push.ts';
import type { GitRepository, GitServer } from '../git-server.ts';
import { hasStatus, type Http, orUndefined } from '../http.ts';
import type * as Scm from '../scm-manager-types.ts';
import { all, at, embedded, mediaType, send } from './calls.ts';
import type { Place } from './place.ts';

const DEFAULT_BRANCH = 'main';

/** Repositories, and who may use them. */
export function repositories(
  http: Http,
  { root, authorization, person, repositoryUrl }: Place,
): Pick<
  GitServer,
  'findRepository' | 'createRepository' | 'searchRepositories' | 'deleteRepository' | 'setCollaborator'
> {
  const roles = { read: 'READ', write: 'WRITE', admin: 'OWNER' } as const;
  const toRepository = ({ namespace, name, description }: Scm.ScmRepository): GitRepository => ({
    name,
    owner: { login: namespace },
    description: description ?? '',
    // The ending is the type of the repository, which the server takes off.
    clone_url: `${root}/repo/${namespace}/${name}.git`,
    html_url: `${root}/repo/${namespace}/${name}`,
  });
  return {
    findRepository: async (owner, name) => {
      const path = at`repositories/${owner}/${name}`;
      const found = await orUndefined(http.json<Scm.ScmRepository>('GET', path));
      if (found === undefined) return undefined;
      const branches = await embedded<Scm.ScmBranch>(http, `${path}/branches`, 'branches');
      const main = branches.find(({ defaultBranch }) => defaultBranch === true)?.name ?? DEFAULT_BRANCH;
      return { ...toRepository(found), empty: branches.length === 0, default_branch: main };
    },
    /** With `auto_init` the first commit is pushed, as Gitea makes it: the description in a file README.md. */
    createRepository: async (namespace, { name, description = '', default_branch, auto_init = false }) => {
      const repository = { namespace, name, type: 'git', description };
      await send(http, 'POST', 'repositories', mediaType('repository'), repository);
      if (!auto_init) return;
      const readme = { path: 'README.md', content: `# ${name}\n\n${description}\n` };
      const first = { message: 'Initial commit\n', author: person, files: [readme], date: new Date() };
      const { revision, pack } = packFirstCommit(first);
      const ref = `refs/heads/${default_branch ?? DEFAULT_BRANCH}`;
      const updates = [{ ref, before: NO_OBJECT, after: revision }];
      await pushPack({ url: repositoryUrl(namespace, name), authorization, updates, pack });
    },
    searchRepositories: async (text = '') =>
      (
        await all<Scm.ScmRepository>(http, 'repositories', 'repositories', text === '' ? {} : { q: text })
      ).map(toRepository),
    deleteRepository: async (owner, name) =>
      void (await http.request('DELETE', at`repositories/${owner}/${name}`)),
    setCollaborator: async (owner, name, user, permission) => {
      const path = at`repositories/${owner}/${name}/permissions`;
      const entry = { name: user, role: roles[permission], groupPermission: false };
      const type = mediaType('repositoryPermission');
      await send(http, 'POST', path, type, entry).catch((error: unknown) => {
        if (!hasStatus(error, 409)) throw error;
        return send(http, 'PUT', `${path}/${encodeURIComponent(user)}`, type, entry);
      });
    },
  };
}

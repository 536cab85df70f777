import { advertisedReferences } from '../git/advertised.ts';
import type { GitBranch, GitServer } from '../git-server.ts';
import { type Http, orUndefined } from '../http.ts';
import type * as Scm from '../scm-manager-types.ts';
import { at, embedded, mediaType, send } from './calls.ts';
import type { Place } from './place.ts';

/** Most commits whose words are remembered. */
const MOST_REMEMBERED = 500;

/** Branches, tags and all references. */
export function branches(
  http: Http,
  { authorization, repositoryUrl }: Place,
): Pick<
  GitServer,
  'listBranches' | 'findBranch' | 'createBranch' | 'deleteBranch' | 'listTags' | 'listReferences'
> {
  const collection = (owner: string, name: string) => at`repositories/${owner}/${name}/branches`;
  /** A branch tells only the id of its commit; a commit never changes. */
  const remembered = new Map<string, GitBranch['commit']>();

  async function commitOf(owner: string, name: string, id: string): Promise<GitBranch['commit']> {
    const known = remembered.get(id);
    if (known !== undefined) return known;
    const path = at`repositories/${owner}/${name}/changesets/${id}`;
    const { author, date, description } = await http.json<Scm.Changeset>('GET', path);
    const commit = {
      id,
      message: description,
      timestamp: date,
      author: { name: author.name, email: author.mail ?? '' },
    };
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(id, commit);
    return commit;
  }
  const find = async (owner: string, name: string, branch: string) => {
    const path = `${collection(owner, name)}/${encodeURIComponent(branch)}`;
    const found = await orUndefined(http.json<Scm.ScmBranch>('GET', path));
    return found && { name: found.name, commit: { id: found.revision } };
  };

  return {
    listBranches: async (owner, name) => {
      const found = await embedded<Scm.ScmBranch>(http, collection(owner, name), 'branches');
      return Promise.all(
        found.map(async ({ name: branch, revision }) => ({
          name: branch,
          commit: await commitOf(owner, name, revision),
        })),
      );
    },
    findBranch: find,
    createBranch: (owner, name, branch, from) => {
      const request = { name: branch, parent: from };
      return send(http, 'POST', `${collection(owner, name)}/`, mediaType('branchRequest'), request);
    },
    deleteBranch: async (owner, name, branch) =>
      void (await http.request('DELETE', `${collection(owner, name)}/${encodeURIComponent(branch)}`)),
    listTags: async (owner, name) =>
      (await embedded<Scm.ScmTag>(http, at`repositories/${owner}/${name}/tags/`, 'tags')).map((tag) => ({
        name: tag.name,
        commit: { sha: tag.revision },
      })),
    /** As git sees them: the REST API tells of an annotated tag only which commit it means. */
    listReferences: async (owner, name, prefix = '') => {
      const offered = await advertisedReferences({ url: repositoryUrl(owner, name), authorization });
      return offered
        .filter(({ ref }) => /^refs\/(heads|tags)\//.test(ref) && ref.startsWith(`refs/${prefix}`))
        .map(({ ref, id, peeled }) => ({
          ref,
          object: { sha: id, type: peeled === undefined ? 'commit' : 'tag' },
        }));
    },
  };
}

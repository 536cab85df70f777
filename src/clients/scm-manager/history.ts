import type { GitCommit, GitServer } from '../git-server.ts';
import { encodePath, type Http, orUndefined } from '../http.ts';
import { notThere } from './contents.ts';
import type * as Scm from '../scm-manager-types.ts';
import { at, PAGE } from './calls.ts';
import type { Place } from './place.ts';

/** Commits. The REST API knows no statuses of them: there are none. */
export function history(
  http: Http,
  place: Place,
): Pick<GitServer, 'listCommits' | 'findCommit' | 'commitDiff' | 'combinedStatus'> {
  const { root, remote } = place;
  const pageOf = (owner: string, name: string, id: string) =>
    `${root}/repo/${owner}/${name}/code/changeset/${id}`;
  const toCommit =
    (owner: string, name: string) =>
    ({ id, author, date, description, _embedded }: Scm.Changeset): GitCommit => {
      const person = { name: author.name, email: author.mail ?? '', date };
      return {
        sha: id,
        html_url: pageOf(owner, name, id),
        commit: { message: description, author: person, committer: person },
        parents: (_embedded?.parents ?? []).map((parent) => ({ sha: parent.id })),
      };
    };
  const changesets = async (path: string, page: number, limit: number) => {
    // Pages count from 0 there.
    const query = { page: page - 1, pageSize: limit };
    const found = await http.json<Scm.Collection<'changesets', Scm.Changeset>>('GET', path, { query });
    return found._embedded?.changesets ?? [];
  };
  const changeset = (owner: string, name: string, sha: string) =>
    http.json<Scm.Changeset>('GET', at`repositories/${owner}/${name}/changesets/${sha}`);

  return {
    listCommits: async (owner, name, { sha = 'main', path = '', limit = PAGE, page = 1 } = {}) => {
      const repository = at`repositories/${owner}/${name}`;
      const revision = encodeURIComponent(sha);
      const told =
        path === ''
          ? await orUndefined(changesets(`${repository}/branches/${revision}/changesets`, page, limit))
          : await changesets(`${repository}/history/${revision}/${encodePath(path)}`, page, limit);
      if (told !== undefined) return told.map(toCommit(owner, name));
      // The REST API goes back from branches alone; git knows what comes before a tag or a commit.
      const start = /^[0-9a-f]{4,39}$/.test(sha) ? (await orUndefined(changeset(owner, name, sha)))?.id : sha;
      const commit = await remote(owner, name).commitOf(start ?? sha);
      if (commit === undefined) throw notThere(place.repositoryUrl(owner, name), sha);
      const found = remote(owner, name)
        .history(commit, page * limit)
        .slice((page - 1) * limit);
      return found.map(({ id, parents, author, committer, message }) => ({
        ...{ sha: id, html_url: pageOf(owner, name, id), commit: { message, author, committer } },
        parents: parents.map((parent) => ({ sha: parent })),
      }));
    },
    findCommit: async (owner, name, sha) => {
      const found = await orUndefined(changeset(owner, name, sha));
      return found && toCommit(owner, name)(found);
    },
    commitDiff: async (owner, name, sha) => {
      const path = at`repositories/${owner}/${name}/diff/${sha}`;
      return (await http.request('GET', path, { query: { format: 'GIT' } })).text();
    },
    combinedStatus: async (_owner, _name, sha) => ({ state: '', sha, total_count: 0, statuses: [] }),
  };
}

import type { GitPull, GitServer } from '../git-server.ts';
import { type Http, HttpStatusError, orUndefined } from '../http.ts';
import { changedFiles } from '../git/diff-files.ts';
import type * as Scm from '../scm-manager-types.ts';
import { all, at, embedded, mediaType, PAGE, send } from './calls.ts';
import type { Place } from './place.ts';
import { commentsOf } from './reviews.ts';

/** Before its first merge the server makes the key by which it signs commits, which took 11 s on two busy processors. */
const MERGE_LIMIT_MS = 120_000;
const strategies = {
  merge: 'MERGE_COMMIT',
  squash: 'SQUASH',
  rebase: 'REBASE',
  'rebase-merge': 'REBASE',
  'fast-forward-only': 'FAST_FORWARD_ONLY',
} as const;

const collection = (owner: string, name: string) => at`pull-requests/${owner}/${name}`;
const isOpen = ({ status }: Scm.ScmPull) => status === 'OPEN' || status === 'DRAFT';

/** Pull requests, by the review plugin. */
export function pulls(
  http: Http,
  { root }: Place,
): Pick<
  GitServer,
  | 'createPull'
  | 'listPulls'
  | 'recentPulls'
  | 'findPull'
  | 'editPull'
  | 'listPullFiles'
  | 'pullDiff'
  | 'mergePull'
  | 'deletePull'
> {
  /** The newest commits of all branches: an open pull request does not name its own. */
  async function headsOf(owner: string, name: string): Promise<Map<string, string>> {
    const path = at`repositories/${owner}/${name}/branches`;
    const found = await embedded<Scm.ScmBranch>(http, path, 'branches');
    return new Map(found.map((branch) => [branch.name, branch.revision]));
  }

  /** The newest commits of a branch by the commits that they merge: a pull request itself does not name its merge. */
  async function mergesInto(owner: string, name: string, branch: string): Promise<Map<string, string>> {
    const path = at`repositories/${owner}/${name}/branches/${branch}/changesets`;
    const query = { page: 0, pageSize: PAGE };
    const found = await orUndefined(
      http.json<Scm.Collection<'changesets', Scm.Changeset>>('GET', path, { query }),
    );
    const merged = (found?._embedded?.changesets ?? []).flatMap(({ id, _embedded }) =>
      (_embedded?.parents ?? []).slice(1).map((parent) => [parent.id, id] as const),
    );
    return new Map(merged);
  }

  /** As Gitea tells them. `comments` and `mergeable` are looked up by `findPull` alone. */
  async function toPulls(owner: string, name: string, found: readonly Scm.ScmPull[]): Promise<GitPull[]> {
    const targets = new Set(found.filter(({ status }) => status === 'MERGED').map(({ target }) => target));
    const [heads, ...merges] = await Promise.all([
      found.some(isOpen) ? headsOf(owner, name) : new Map<string, string>(),
      ...[...targets].map(async (target) => mergesInto(owner, name, target)),
    ]);
    const merged = new Map(merges.flatMap((each) => [...each]));
    const branch = (ref: string, revision: string | null | undefined) => ({
      ...{ label: ref, ref },
      sha: revision ?? heads.get(ref) ?? '',
    });
    return found.map((pull): GitPull => {
      const { id, title, status, source, target, creationDate, closeDate = null } = pull;
      const isMerged = status === 'MERGED';
      return {
        ...{ number: Number(id), title, body: pull.description ?? '' },
        state: isOpen(pull) ? 'open' : 'closed',
        html_url: `${root}/repo/${owner}/${name}/pull-request/${id}`,
        ...{ comments: 0, mergeable: false, merged: isMerged },
        merged_at: isMerged ? closeDate : null,
        merged_by: isMerged && pull.reviser != null ? { login: pull.reviser.id } : null,
        merge_commit_sha: isMerged ? (merged.get(pull.sourceRevision ?? '') ?? null) : null,
        created_at: creationDate,
        updated_at: pull.lastModified ?? creationDate,
        closed_at: isOpen(pull) ? null : closeDate,
        user: { login: pull.author?.id ?? '' },
        head: branch(source, pull.sourceRevision),
        base: branch(target, pull.targetRevision),
      };
    });
  }

  const read = (owner: string, name: string, number: number) =>
    http.json<Scm.ScmPull>('GET', `${collection(owner, name)}/${number}`);

  async function findPull(owner: string, name: string, number: number): Promise<GitPull | undefined> {
    const found = await orUndefined(read(owner, name, number));
    const [pull] = found === undefined ? [] : await toPulls(owner, name, [found]);
    if (found === undefined || pull === undefined) return undefined;
    const [said, mergeable] = await Promise.all([
      commentsOf(http, owner, name, number),
      isOpen(found) && found.status !== 'DRAFT' ? canMerge(owner, name, number) : false,
    ]);
    return { ...pull, comments: said.length, mergeable };
  }

  async function canMerge(owner: string, name: string, number: number): Promise<boolean> {
    const path = at`merge/${owner}/${name}/${number}/merge-check`;
    const { hasConflicts, mergeObstacles } = await http.json<Scm.MergeCheck>('POST', path);
    return !hasConflicts && (mergeObstacles ?? []).length === 0;
  }

  /** What a pull request brings: of a closed one, between the commits that it had when it was closed. */
  async function pullDiff(owner: string, name: string, number: number): Promise<string> {
    const { source, target, sourceRevision, targetRevision } = await read(owner, name, number);
    const [from, into] = [sourceRevision ?? source, targetRevision ?? target];
    const path = at`repositories/${owner}/${name}/incoming/${from}/${into}/diff`;
    return (await http.request('GET', path, { query: { format: 'GIT' } })).text();
  }

  async function listPulls(owner: string, name: string, state: 'open' | 'closed' | 'all' = 'open') {
    const query = { status: state === 'open' ? 'IN_PROGRESS' : 'ALL' };
    const found = await all<Scm.ScmPull>(http, collection(owner, name), 'pullRequests', query);
    return toPulls(
      owner,
      name,
      found.filter((pull) => state !== 'closed' || !isOpen(pull)),
    );
  }

  return {
    createPull: async (owner, name, { head: source, base: target, title, body = '' }) => {
      const request = { source, target, title, description: body };
      await send(http, 'POST', collection(owner, name), mediaType('pullRequest'), request);
    },
    listPulls,
    recentPulls: async (owner, name, limit) => {
      const query = { status: 'ALL', sortBy: 'ID_DESC', page: 0, pageSize: limit };
      const found = await http.json<Scm.Collection<'pullRequests', Scm.ScmPull>>(
        'GET',
        collection(owner, name),
        { query },
      );
      return toPulls(owner, name, found._embedded?.pullRequests ?? []);
    },
    findPull,
    editPull: async (owner, name, number, { title, body, state }) => {
      const path = `${collection(owner, name)}/${number}`;
      if (title !== undefined || body !== undefined) {
        const before = await read(owner, name, number);
        const after = { ...before, title: title ?? before.title, description: body ?? before.description };
        await send(http, 'PUT', path, mediaType('pullRequest'), after);
      }
      if (state === 'closed') await http.request('POST', `${path}/reject`);
      if (state === 'open') await http.request('POST', `${path}/reopen`);
    },
    listPullFiles: async (owner, name, number) => changedFiles(await pullDiff(owner, name, number)),
    pullDiff,
    /** 409 when the branch has moved on from `head_commit_id`, or there are conflicts. */
    mergePull: async (owner, name, number, options) => {
      const wanted = options.head_commit_id;
      const before = wanted === undefined ? undefined : await read(owner, name, number);
      const head = before === undefined ? wanted : (await headsOf(owner, name)).get(before.source);
      if (head !== wanted) {
        const said = `the branch ${before?.source ?? ''} has other commits than those that were looked at`;
        throw new HttpStatusError('POST', at`merge/${owner}/${name}/${number}`, 409, {}, said);
      }
      const strategy = strategies[options.Do];
      const path = `${at`merge/${owner}/${name}/${number}`}?strategy=${strategy}`;
      const command = {
        // A rebase and a fast-forward make no commit that could say anything.
        ...(strategy === 'MERGE_COMMIT' || strategy === 'SQUASH'
          ? { commitMessage: options.MergeTitleField ?? `Merge pull request ${number}` }
          : {}),
        shouldDeleteSourceBranch: options.delete_branch_after_merge ?? false,
      };
      await send(http, 'POST', path, mediaType('mergeCommand'), command, { timeout: MERGE_LIMIT_MS });
    },
    /** Pull requests stay for good; what is open is rejected. */
    deletePull: async (owner, name, number) => {
      if (isOpen(await read(owner, name, number)))
        await http.request('POST', `${collection(owner, name)}/${number}/reject`);
    },
  };
}

import type { PayloadCommit } from '../../../clients/gitea.ts';
import type { GitBranch, GitCommit, GitPull } from '../../../clients/git-server.ts';
import { mainBranch, repositoryNames } from '../../../flow/names.ts';
import { hasDashboardHooks } from '../../../flow/wire.ts';
import type { CommitSeen, DeliverySeen, PullSeen } from '../../model/observations.ts';
import { lookRepeatedly, Pause, type Watch } from './watch.ts';

/** Milliseconds between two looks at Git: the webhook tells of every change, or this is all that does. */
const POLL_WITH_HOOK = 10_000;
const POLL_WITHOUT_HOOK = 1000;
const COMMITS = 20;

/** The body of a webhook, as far as it is read. */
export interface HookPayload {
  readonly ref?: string;
  readonly after?: string;
  readonly commits?: readonly PayloadCommit[];
  readonly repository?: { readonly name?: string };
  readonly pusher?: { readonly login?: string };
  readonly pull_request?: GitPull;
}

export interface GitWatch {
  /** Takes what a webhook says, at once. */
  delivered(event: string, payload: HookPayload): void;
  /** Looks now, for something may have been rewritten. */
  lookNow(): void;
}

/**
 * Follows the application's and the GitOps repository.
 * @param pushed is called when the application has a new commit, which the CI server will build
 */
export function watchGit(watch: Watch, pushed: () => void): GitWatch {
  const { playground, signal } = watch;
  const { git, config } = playground;
  const { application, organization } = config;
  const pause = new Pause();
  let heads = '';
  let hooked = false;

  /** Each stage has a folder of its name, in which the application has one. Newest first. */
  const deliveredTo = async (stage: string): Promise<DeliverySeen[]> => {
    const path = `${stage}/${application}`;
    const found = await git.listCommits(organization, repositoryNames.gitops, {
      sha: mainBranch,
      path,
      limit: COMMITS,
    });
    return found.flatMap(({ sha, commit }) => {
      const revision = revisionIn(commit.message);
      const at = new Date(commit.committer.date).toISOString();
      return revision === undefined ? [] : [{ stage, revision, commit: sha, at }];
    });
  };

  const look = async () => {
    const [branches, commits, stages, pulls, isHooked] = await Promise.all([
      git.listBranches(organization, application),
      git.listCommits(organization, application, { sha: mainBranch, limit: COMMITS }),
      git.listFolder(organization, repositoryNames.gitops, '', mainBranch),
      git.recentPulls(organization, repositoryNames.gitops, 50),
      hasDashboardHooks(playground),
    ]);
    // To production the pipeline delivers by pull request, which is seen by itself.
    const delivered = stages.filter(({ name, type }) => type === 'dir' && name !== 'production');
    const deliveries = await Promise.all(delivered.map(({ name }) => deliveredTo(name)));
    hooked = isHooked;
    const now = [
      ...branches.map(({ name, commit }) => `${name} ${commit.id}`),
      ...deliveries.map(([newest]) => newest?.commit ?? ''),
    ].join('\n');
    if (heads !== '' && now !== heads) {
      watch.changed('git');
      pushed();
    }
    heads = now;
    watch.observe({ type: 'commits', complete: true, commits: newestFirst(commits, branches) });
    watch.observe({ type: 'deliveries', complete: true, deliveries: deliveries.flat() });
    watch.observe({ type: 'pulls', complete: true, pulls: pulls.map(pullSeen) });
  };
  void lookRepeatedly(signal, look, () => pause.wait(hooked ? POLL_WITH_HOOK : POLL_WITHOUT_HOOK, signal));

  return {
    delivered(event, payload) {
      const at = new Date().toISOString();
      const { repository, ref = '', commits = [], pull_request: pull } = payload;
      const branch = ref.replace(/^refs\/heads\//, '');
      if (event === 'push' && repository?.name === application) {
        const seen = commits.map((commit): CommitSeen => ({ ...payloadCommit(commit), branch, at }));
        watch.observe({ type: 'commits', complete: false, commits: seen });
        pushed();
      }
      if (event === 'push' && repository?.name === repositoryNames.gitops && branch === mainBranch) {
        const deliveries = commits.flatMap((commit) => deliveriesOf(commit, application, at));
        watch.observe({ type: 'deliveries', complete: false, deliveries });
      }
      if (pull !== undefined && repository?.name === repositoryNames.gitops) {
        watch.observe({ type: 'pulls', complete: false, pulls: [pullSeen(pull)] });
      }
      watch.changed('git');
      // What was rewritten or taken away is only seen by looking.
      if (commits.length === 0) pause.end();
    },
    lookNow() {
      pause.end();
    },
  };
}

/** The commits of the main branch, and the newest one of every other branch, by their time. */
function newestFirst(commits: readonly GitCommit[], branches: readonly GitBranch[]): CommitSeen[] {
  const onMain = commits.map(({ sha, commit }): CommitSeen => ({
    revision: sha,
    subject: subjectOf(commit.message),
    author: commit.author.name,
    branch: mainBranch,
    at: new Date(commit.committer.date).toISOString(),
  }));
  const known = new Set(onMain.map(({ revision }) => revision));
  const beside = branches
    .filter(({ commit }) => !known.has(commit.id))
    .map(({ name, commit }): CommitSeen => ({
      ...payloadCommit(commit),
      branch: name,
      at: new Date(commit.timestamp).toISOString(),
    }));
  return beside.reduce((all, commit) => {
    const place = all.findIndex(({ at }) => at < commit.at);
    return all.toSpliced(place < 0 ? all.length : place, 0, commit);
  }, onMain);
}

function payloadCommit({
  id,
  message,
  author,
}: GitBranch['commit']): Pick<CommitSeen, 'revision' | 'subject' | 'author'> {
  return { revision: id, subject: subjectOf(message), author: author.name };
}

function subjectOf(message: string): string {
  return message.split('\n')[0] ?? '';
}

/** The revision of the application that a commit of the GitOps repository names, as the pipeline writes it. */
function revisionIn(message: string): string | undefined {
  return /^Revision: ([0-9a-f]{40})$/m.exec(message)?.[1];
}

function deliveriesOf(
  { id, message, added, modified }: PayloadCommit,
  application: string,
  at: string,
): DeliverySeen[] {
  const revision = revisionIn(message);
  if (revision === undefined) return [];
  const stages = [...(added ?? []), ...(modified ?? [])].flatMap((file) => {
    const [stage = '', folder] = file.split('/');
    return folder === application ? [stage] : [];
  });
  return [...new Set(stages)].map((stage) => ({ stage, revision, commit: id, at }));
}

function pullSeen(pull: GitPull): PullSeen {
  const { number, title, head, state, merged, created_at, merged_at, closed_at, merge_commit_sha } = pull;
  const endedAt = merged_at ?? closed_at;
  return {
    number,
    title,
    head: head.label,
    state: merged ? 'merged' : state,
    createdAt: new Date(created_at).toISOString(),
    ...(endedAt === null ? {} : { endedAt: new Date(endedAt).toISOString() }),
    ...(merged && merge_commit_sha !== null ? { mergeCommit: merge_commit_sha } : {}),
  };
}

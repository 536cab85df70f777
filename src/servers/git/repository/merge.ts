import { countCommits, log, mergeBase } from './commits.ts';
import type { Git } from './git.ts';
import { updateRef, writeCommit, writeLooseCommit, type Signature, type Tools } from './write.ts';

export type MergeStyle = 'merge' | 'squash' | 'rebase' | 'rebase-merge' | 'fast-forward-only';

export type MergeTree =
  | { readonly clean: true; readonly tree: string }
  | { readonly clean: false; readonly files: readonly string[]; readonly messages: string };

/** The branches cannot be joined; `files` conflict. */
export class MergeConflict extends Error {
  readonly files: readonly string[];

  constructor(message: string, files: readonly string[] = []) {
    super(message);
    this.name = 'MergeConflict';
    this.files = files;
  }
}

/** Merges two commits without a work tree and without touching a reference (git-merge-tree). */
export async function mergeTrees(git: Git, folder: string, ours: string, theirs: string): Promise<MergeTree> {
  const args = ['--git-dir', folder, 'merge-tree', '--write-tree', '-z', '--name-only', ours, theirs];
  const { stdout, exitCode } = await git.run(args, { accept: [0, 1] });
  const [tree = '', ...rest] = stdout.toString('utf8').split('\0');
  if (exitCode === 0) return { clean: true, tree };
  const end = rest.indexOf('');
  return {
    clean: false,
    files: rest.slice(0, end),
    messages: rest
      .slice(end + 1)
      .filter((part) => part.includes('CONFLICT'))
      .join('')
      .trim(),
  };
}

export interface MergeRequest {
  /** `refs/heads/main` */
  readonly ref: string;
  readonly base: string;
  readonly head: string;
  readonly style: MergeStyle;
  readonly message: string;
  readonly committer: Signature;
  /** What both joined make, as \`mergeTrees\` found it. */
  readonly tree: string;
  /** Author of a squashed commit. */
  readonly author: Signature;
}

/**
 * Joins `head` into the branch at `base` in one of Gitea's ways.
 * @returns the commit that the branch is at now
 * @throws MergeConflict; GitServerError 409 when the branch has moved meanwhile.
 */
export async function merge(tools: Tools, folder: string, request: MergeRequest): Promise<string> {
  const { git } = tools;
  const { ref, base, head, style, message, committer, tree } = request;
  switch (style) {
    case 'merge':
      return writeCommit(tools, folder, {
        ref,
        parents: [base, head],
        message,
        author: committer,
        committer,
        tree,
      });
    case 'squash':
      return writeCommit(tools, folder, {
        ref,
        parents: [base],
        message,
        author: request.author,
        committer,
        tree,
      });
    case 'rebase': {
      const tip = await rebase(tools, folder, base, head, committer);
      await updateRef(git, folder, ref, { before: base, after: tip });
      return tip;
    }
    case 'rebase-merge': {
      const tip = await rebase(tools, folder, base, head, committer);
      const rebased = await treeOf(tools, folder, tip);
      const parents = [base, tip];
      return writeCommit(tools, folder, {
        ref,
        parents,
        message,
        author: committer,
        committer,
        tree: rebased,
      });
    }
    case 'fast-forward-only': {
      if ((await mergeBase(git, folder, base, head)) !== base) {
        throw new MergeConflict('the base branch has commits that the head branch has not');
      }
      await updateRef(git, folder, ref, { before: base, after: head });
      return head;
    }
  }
}

async function cleanTree(git: Git, folder: string, base: string, head: string): Promise<string> {
  const result = await mergeTrees(git, folder, base, head);
  if (result.clean) return result.tree;
  throw new MergeConflict(result.messages, result.files);
}

/**
 * Puts the commits of `head` that `base` has not on top of `base`, one after the other.
 * `git merge-tree` takes the base of a merge from the history, and can be told another one only from git 2.40 on.
 * So each step merges two helper commits whose common parent has the tree to start from; nothing refers to them later.
 */
async function rebase(
  tools: Tools,
  folder: string,
  base: string,
  head: string,
  committer: Signature,
): Promise<string> {
  const { git } = tools;
  if ((await countCommits(git, folder, [base, `^${head}`])) === 0) return head;
  const commits = await log(git, folder, { revisions: [head, `^${base}`], oldestFirst: true });
  let tip = base;
  let tipTree = await treeOf(tools, folder, base);
  const helper = (tree: string, parents: string[]) =>
    writeLooseCommit(folder, tree, parents, 'rebase helper', { author: committer, committer });
  for (const commit of commits) {
    const [parent] = commit.parents;
    // As `git rebase` does, merges are left out: their commits are taken one by one.
    if (parent === undefined || commit.parents.length > 1) continue;
    const start = helper(await treeOf(tools, folder, parent), []);
    const [ours, theirs] = [helper(tipTree, [start]), helper(commit.tree, [start])];
    const tree = await cleanTree(git, folder, ours, theirs);
    // A change that the base has already would become an empty commit.
    if (tree === tipTree) continue;
    tip = writeLooseCommit(folder, tree, [tip], commit.message, {
      author: commit.author,
      committer,
    });
    tipTree = tree;
  }
  return tip;
}

async function treeOf({ objects }: Tools, folder: string, commit: string): Promise<string> {
  const tree = await objects.info(folder, `${commit}^{tree}`);
  if (tree === undefined) throw new Error(`the commit ${commit} is not there`);
  return tree.sha;
}

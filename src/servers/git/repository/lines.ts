import { readCommit, type CommitEntry, type FileChange } from './commits.ts';
import type { Objects, TreeEntry } from './objects.ts';

/** Commits that a walk looks at before it leaves the rest to `git log`. */
const WALKED = 10;

/**
 * The commits from `after` back to `before`, or to the first one of all, with their files, newest first, without starting a
 * process; undefined where history is not that simple: rewritten branches, many commits, merges of what has merges. Lines are not
 * counted; the files of a merge are those that it changed on its first parent.
 */
export async function walkLine(
  objects: Objects,
  folder: string,
  before: string | undefined,
  after: string,
): Promise<CommitEntry[] | undefined> {
  const line =
    (await commitsAhead(objects, folder, before, after)) ??
    (before === undefined ? undefined : await commitsOfMerge(objects, folder, before, after));
  if (line === undefined) return undefined;
  const commits: CommitEntry[] = [];
  for (const commit of line) {
    const [parent] = commit.parents;
    const base = parent === undefined ? undefined : `${parent}^{tree}`;
    const files = await diffTrees(objects, folder, base, commit.tree);
    if (files === undefined) return undefined;
    commits.push({ ...commit, files });
  }
  return commits;
}

/**
 * The commits from `after` back to `before`, or to the first one of all, without their files, newest first, without starting a
 * process; undefined where they are no short line of single parents.
 */
export async function commitsAhead(
  objects: Objects,
  folder: string,
  before: string | undefined,
  after: string,
): Promise<CommitEntry[] | undefined> {
  return lineUntil(objects, folder, after, (sha) => sha === before);
}

/** The commits that a merge into `before` brought, itself first; undefined where it is more than a short line. */
async function commitsOfMerge(
  objects: Objects,
  folder: string,
  before: string,
  after: string,
): Promise<CommitEntry[] | undefined> {
  const merge = await readCommit(objects, folder, after);
  const [first, second, ...others] = merge?.parents ?? [];
  if (merge === undefined || first !== before || second === undefined || others.length > 0) return undefined;
  const there = await lastCommits(objects, folder, before);
  const brought = await lineUntil(objects, folder, second, (sha) => sha !== undefined && there.has(sha));
  return brought && [merge, ...brought];
}

async function lineUntil(
  objects: Objects,
  folder: string,
  start: string,
  isEnd: (sha: string | undefined) => boolean,
): Promise<CommitEntry[] | undefined> {
  const commits: CommitEntry[] = [];
  for (let sha: string | undefined = start; !isEnd(sha);) {
    const commit: CommitEntry | undefined =
      sha !== undefined && commits.length < WALKED ? await readCommit(objects, folder, sha) : undefined;
    if (commit === undefined || commit.parents.length > 1) return undefined;
    commits.push(commit);
    [sha] = commit.parents;
  }
  return commits;
}

/** Some of the newest commits that a commit has behind it, with itself. */
async function lastCommits(objects: Objects, folder: string, start: string): Promise<Set<string>> {
  const seen = new Set([start]);
  for (const sha of seen) {
    if (seen.size > WALKED) break;
    for (const parent of (await readCommit(objects, folder, sha))?.parents ?? []) seen.add(parent);
  }
  return seen;
}

/** The paths that differ between two trees; undefined when there are too many for this way. */
async function diffTrees(
  objects: Objects,
  folder: string,
  from: string | undefined,
  to: string | undefined,
  prefix = '',
): Promise<FileChange[] | undefined> {
  const entries = async (tree: string | undefined) =>
    new Map(
      (tree === undefined ? [] : ((await objects.tree(folder, tree)) ?? [])).map((entry) => [
        entry.name,
        entry,
      ]),
    );
  const [before, after] = await Promise.all([entries(from), entries(to)]);
  const changes: FileChange[] = [];
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, young] = [before.get(name), after.get(name)];
    if (old?.sha === young?.sha && old?.mode === young?.mode) continue;
    const path = `${prefix}${name}`;
    const isTree = (entry: TreeEntry | undefined) => entry?.mode === '040000';
    if (isTree(old) || isTree(young)) {
      const trees = [old, young].map((entry) => (isTree(entry) ? entry?.sha : undefined));
      const below = await diffTrees(objects, folder, trees[0], trees[1], `${path}/`);
      if (below === undefined) return undefined;
      changes.push(...below);
    }
    const [wasFile, isFile] = [old !== undefined && !isTree(old), young !== undefined && !isTree(young)];
    const status = wasFile ? (isFile ? 'modified' : 'removed') : 'added';
    if (wasFile || isFile) changes.push({ path, status, additions: 0, deletions: 0 });
    if (changes.length > 1000) return undefined;
  }
  return changes;
}

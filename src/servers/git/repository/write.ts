import { writeLooseObject } from '../../../clients/git/loose.ts';
import { conflict } from '../errors.ts';
import { GitFailure, type Git } from './git.ts';
import type { Objects } from './objects.ts';
import { moveRef, NO_SHA, readRef } from './refs.ts';
import { writeTree, type TreeChange } from './trees.ts';

/** What commits are written with. */
export interface Tools {
  readonly git: Git;
  readonly objects: Objects;
}

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601; now unless told. */
  readonly date?: string;
}

export interface NewCommit {
  /** `refs/heads/main`; moved to the new commit if it still is where `parents[0]` says. */
  readonly ref: string;
  /** The commit that the reference is at, or, for a new branch, starts from; none for the first commit. */
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
  /** A complete tree, or changes to the tree of the first parent. */
  readonly tree: string | readonly TreeChange[];
}

/**
 * Writes blobs, trees, a commit and the reference.
 * @returns the id of the commit
 * @throws GitServerError 409 when the reference has moved meanwhile.
 */
export async function writeCommit(tools: Tools, folder: string, commit: NewCommit): Promise<string> {
  const { ref, parents, message, author, committer } = commit;
  const [first] = parents;
  const before = await readRef(folder, ref);
  if (before !== undefined && before !== first) {
    throw conflict(`${ref} has moved meanwhile: read it again and repeat`);
  }
  const base = first === undefined ? undefined : `${first}^{tree}`;
  const tree =
    typeof commit.tree === 'string' ? commit.tree : await writeTree(tools.objects, folder, base, commit.tree);
  const after = writeLooseCommit(folder, tree, parents, message, { author, committer });
  await updateRef(tools.git, folder, ref, { before: before ?? NO_SHA, after });
  return after;
}

/**
 * Sets, creates or (with forty zeros) deletes a reference that is where it is thought to be: by its file where that is all
 * there is to it, by git where names collide or references are packed.
 * @throws GitServerError 409 when it is elsewhere, or its name collides with another one.
 */
export async function updateRef(
  git: Git,
  folder: string,
  ref: string,
  change: { readonly before: string; readonly after: string },
): Promise<void> {
  if (await moveRef(folder, ref, change)) return;
  const { before, after } = change;
  const args =
    after === NO_SHA
      ? ['update-ref', '--no-deref', '-d', ref, before]
      : ['update-ref', '--no-deref', ref, after, before];
  try {
    await git.run(['--git-dir', folder, ...args]);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    throw conflict(`${ref} could not be updated: ${error.stderr.trim().replace(/^fatal: /, '')}`);
  }
}

/** A commit object that no reference names (yet). */
export function writeLooseCommit(
  folder: string,
  tree: string,
  parents: readonly string[],
  message: string,
  people: { readonly author: Signature; readonly committer: Signature },
): string {
  const text = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${ident(people.author)}`,
    `committer ${ident(people.committer)}`,
    '',
    message.endsWith('\n') ? message : `${message}\n`,
  ].join('\n');
  return writeLooseObject(folder, 'commit', Buffer.from(text));
}

/** `Name <email> 1700000000 +0100`; signs that would break the line are dropped, as git does. */
function ident({ name, email, date }: Signature): string {
  const clean = (text: string) => text.replaceAll(/[<>\n\r\0]/g, '').trim();
  const offset = /([+-]\d{2}):?(\d{2})$/.exec(date ?? '');
  const time = Math.floor((date === undefined ? Date.now() : Date.parse(date)) / 1000);
  const zone = offset === null ? '+0000' : `${offset[1] ?? '+00'}${offset[2] ?? '00'}`;
  return `${clean(name) || 'unknown'} <${clean(email)}> ${time} ${zone}`;
}

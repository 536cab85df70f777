import { conflict } from '../errors.ts';
import { GitFailure, type Git } from './git.ts';
import { NO_SHA } from './refs.ts';

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601; now unless told. */
  readonly date?: string;
}

/** What becomes of one path, as fast-import says it. */
export type TreeChange =
  | { readonly path: string; readonly mode: string; readonly content: Buffer }
  | { readonly path: string; readonly delete: true };

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
 * Writes blobs, trees, a commit and the reference, all by one `git fast-import`.
 * @returns the id of the commit
 * @throws GitServerError 409 when the reference has moved meanwhile.
 */
export async function writeCommit(git: Git, folder: string, commit: NewCommit): Promise<string> {
  const parts: Buffer[] = [];
  const say = (text: string) => parts.push(Buffer.from(text));
  const data = (bytes: Buffer) => {
    say(`data ${bytes.length}\n`);
    parts.push(bytes);
    say('\n');
  };
  say(`commit ${commit.ref}\nmark :1\n`);
  say(`author ${ident(commit.author)}\ncommitter ${ident(commit.committer)}\n`);
  data(Buffer.from(commit.message.endsWith('\n') ? commit.message : `${commit.message}\n`));
  const [first, ...others] = commit.parents;
  if (first !== undefined) say(`from ${first}\n`);
  for (const parent of others) say(`merge ${parent}\n`);
  if (typeof commit.tree === 'string') {
    say(`M 040000 ${commit.tree} ""\n`);
  } else {
    for (const change of commit.tree) {
      if ('delete' in change) {
        say(`D ${quote(change.path)}\n`);
      } else {
        say(`M ${change.mode} inline ${quote(change.path)}\n`);
        data(change.content);
      }
    }
  }
  say('get-mark :1\ndone\n');
  try {
    const args = ['--git-dir', folder, 'fast-import', '--quiet', '--done', '--date-format=raw'];
    return (await git.text(args, { input: Buffer.concat(parts) })).trim();
  } catch (error) {
    if (error instanceof GitFailure && /not updating|new tip|cannot lock ref/i.test(error.stderr)) {
      throw conflict(`${commit.ref} has moved meanwhile: read it again and repeat`);
    }
    throw error;
  }
}

/**
 * Sets, creates or (with forty zeros) deletes a reference that is where it is thought to be.
 * @throws GitServerError 409 when it is elsewhere, or its name collides with another one.
 */
export async function updateRef(
  git: Git,
  folder: string,
  ref: string,
  change: { readonly before: string; readonly after: string },
): Promise<void> {
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
export async function writeLooseCommit(
  git: Git,
  folder: string,
  tree: string,
  parents: readonly string[],
  message: string,
  people: { readonly author: Signature; readonly committer: Signature },
): Promise<string> {
  const text = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${ident(people.author)}`,
    `committer ${ident(people.committer)}`,
    '',
    message.endsWith('\n') ? message : `${message}\n`,
  ].join('\n');
  const args = ['--git-dir', folder, 'hash-object', '-t', 'commit', '-w', '--stdin'];
  return (await git.text(args, { input: text })).trim();
}

/** `Name <email> 1700000000 +0100`; signs that would break the line are dropped, as git does. */
function ident({ name, email, date }: Signature): string {
  const clean = (text: string) => text.replaceAll(/[<>\n\r\0]/g, '').trim();
  const offset = /([+-]\d{2}):?(\d{2})$/.exec(date ?? '');
  const time = Math.floor((date === undefined ? Date.now() : Date.parse(date)) / 1000);
  const zone = offset === null ? '+0000' : `${offset[1] ?? '+00'}${offset[2] ?? '00'}`;
  return `${clean(name) || 'unknown'} <${clean(email)}> ${time} ${zone}`;
}

/** A path as fast-import reads it: C-quoted. */
function quote(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

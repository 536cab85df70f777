import { headerOf } from './lookup.ts';
import type { GitObject } from './loose.ts';

interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601, in UTC. */
  readonly date: string;
}

/** What a commit object says. */
export interface ReadCommit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

/** Takes a commit object apart (git-commit-tree); what is not UTF-8 is shown as it can be. */
export function parseCommit(object: GitObject): ReadCommit {
  const text = object.content.toString('utf8');
  const end = text.indexOf('\n\n');
  const headers = end < 0 ? text : text.slice(0, end);
  const signature = (name: string): Signature => {
    const line = new RegExp(`^${name} (.*) <(.*)> (\\d+) [+-]\\d{4}$`, 'm').exec(headers);
    const [, who = '', email = '', seconds = '0'] = line ?? [];
    return { name: who, email, date: new Date(Number(seconds) * 1000).toISOString() };
  };
  return {
    id: object.id,
    parents: headerOf(object, 'parent'),
    ...{ author: signature('author'), committer: signature('committer') },
    message: end < 0 ? '' : text.slice(end + 2),
  };
}

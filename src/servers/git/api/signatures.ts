import type { UserRecord } from '../metadata/model.ts';
import type { Signature } from '../repository/write.ts';
import type { Fields } from './fields.ts';

/** How a user signs commits. */
export function signatureOf(user: UserRecord): Signature {
  return { name: user.fullName || user.login, email: user.email };
}

/**
 * Author and committer of a request that makes a commit: `author` and `committer` with name and e-mail, `dates` with times;
 * the user where they are absent.
 */
export function signaturesOf(fields: Fields, user: UserRecord): { author: Signature; committer: Signature } {
  const dates = fields.object('dates');
  const identity = (name: 'author' | 'committer') => {
    const given = fields.object(name);
    const email = given?.optionalText('email') ?? '';
    if (given === undefined || email === '') return undefined;
    return { name: given.optionalText('name') || email, email };
  };
  const dated = (signature: Signature, name: 'author' | 'committer'): Signature => {
    const date = dates?.optionalText(name);
    return date === undefined || Number.isNaN(Date.parse(date)) ? signature : { ...signature, date };
  };
  const own = signatureOf(user);
  const author = identity('author') ?? identity('committer') ?? own;
  const committer = identity('committer') ?? identity('author') ?? own;
  return { author: dated(author, 'author'), committer: dated(committer, 'committer') };
}

import { packFirstCommit, type CommitFile } from '../clients/git/new-objects.ts';
import { NO_OBJECT, pushPack } from '../clients/git/push.ts';
import { PlaygroundError, messageOf } from '../lib/errors.ts';
import { basicAuthorization } from '../lib/http/auth.ts';
import type { Revision } from '../lib/ids.ts';

interface FirstCommit {
  /** Where it is pushed to, without credentials. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly branch: string;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly files: readonly CommitFile[];
}

/**
 * Pushes the files as the first commit of a branch that does not exist.
 * @throws PlaygroundError `git-failed` with the server's own words.
 */
export async function pushFirstCommit(commit: FirstCommit, signal: AbortSignal): Promise<Revision> {
  const { revision, pack } = packFirstCommit({ ...commit, date: new Date() });
  const { url, username, password, branch } = commit;
  await pushPack({
    url,
    authorization: basicAuthorization(username, password),
    updates: [{ ref: `refs/heads/${branch}`, before: NO_OBJECT, after: revision }],
    pack,
    signal,
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw gitFailed('push', url, error);
  });
  return revision;
}

export function gitFailed(what: 'push' | 'fetch', url: string, error: unknown): PlaygroundError {
  return new PlaygroundError({
    code: 'git-failed',
    message: `git ${what} of ${url} failed: ${messageOf(error)}`,
    hint: 'look at the Git server: gitops-playground logs git',
    cause: error,
  });
}

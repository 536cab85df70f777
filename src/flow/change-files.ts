import type { CommitOptions, FileOperation } from '../clients/gitea-types.ts';
import type { Playground } from './playground.ts';

/** One commit on top of a branch. */
export interface Change {
  readonly repository: string;
  readonly branch: string;
  readonly message: string;
  readonly author?: CommitOptions['author'] | undefined;
  /** By path; undefined for those that go. */
  readonly files: ReadonlyMap<string, string | undefined>;
}

/** Puts files into one commit, by the person of the playground unless told; none where they are like that already. */
export async function changeFiles(
  { git, config }: Playground,
  { repository, branch, message, author, files }: Change,
): Promise<void> {
  const { organization, username } = config;
  const operations = await Promise.all(
    [...files].map(async ([path, content]): Promise<FileOperation | undefined> => {
      const present = await git.findFile(organization, repository, path, branch);
      if (content === undefined)
        return present === undefined ? undefined : { operation: 'delete', path, sha: present.sha };
      const encoded = Buffer.from(content).toString('base64');
      if (present === undefined) return { operation: 'create', path, content: encoded };
      if (present.content?.replaceAll('\n', '') === encoded) return undefined;
      return { operation: 'update', path, content: encoded, sha: present.sha };
    }),
  );
  const changed = operations.filter((operation) => operation !== undefined);
  if (changed.length === 0) return;
  const person = author ?? { name: username, email: `${username}@example.com` };
  await git.changeFiles(organization, repository, changed, {
    branch,
    message,
    author: person,
    committer: person,
  });
}

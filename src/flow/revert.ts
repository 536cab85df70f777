import type { Application } from '../clients/argocd.ts';
import type { FileOperation } from '../clients/gitea.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { shortRevision } from '../lib/ids.ts';
import { listFiles } from './list-files.ts';
import { mainBranch } from './names.ts';
import type { Playground } from './playground.ts';

/**
 * Rolls an Application back in Git: one commit gives its folder the content that it had at an earlier deployment, and the
 * operator deploys that as it deploys every commit. It is what works with automated sync, which would undo anything else.
 * @param id of the deployment, as in the Application's history
 * @returns the commit
 * @throws PlaygroundError `history-missing`, `nothing-to-roll-back`.
 */
export async function returnTo(
  playground: Playground,
  application: Application,
  id: number,
): Promise<string> {
  const { git, config } = playground;
  const { name } = application.metadata;
  const entry = application.status?.history?.find((candidate) => candidate.id === id);
  const source = entry?.source ?? application.spec.source;
  if (entry === undefined || source?.path === undefined) {
    throw new PlaygroundError({
      code: 'history-missing',
      message: `${name} was never deployed as number ${id}`,
      hint: 'its history has the deployments that can be gone back to',
    });
  }
  const repository = /([^/]+?)(\.git)?$/.exec(source.repoURL)?.[1] ?? '';
  const { path: folder } = source;
  const filesAt = (ref: string) => listFiles(git, config.organization, repository, folder, ref);
  const [before, now] = await Promise.all([filesAt(entry.revision), filesAt(mainBranch)]);
  const files: FileOperation[] = [];
  for (const [path, sha] of before) {
    const present = now.get(path);
    if (present === sha) continue;
    const content = (await git.readFile(config.organization, repository, path, entry.revision)).toString(
      'base64',
    );
    files.push(
      present === undefined
        ? { operation: 'create', path, content }
        : { operation: 'update', path, content, sha: present },
    );
  }
  for (const [path, sha] of now) if (!before.has(path)) files.push({ operation: 'delete', path, sha });
  if (files.length === 0) {
    throw new PlaygroundError({
      code: 'nothing-to-roll-back',
      message: `Git says the same for ${name} as it did in ${shortRevision(entry.revision)}`,
      hint: 'choose an earlier deployment, or sync what is out of sync',
    });
  }
  const message = `Roll ${name} back to ${shortRevision(entry.revision)}\n\nThe folder ${folder} is again as in ${entry.revision}.\n`;
  const { commit } = await git.changeFiles(config.organization, repository, files, {
    branch: mainBranch,
    message,
  });
  return commit.sha;
}

import type { GitPull } from '../clients/git-server.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { shortRevision } from '../lib/ids.ts';
import { repositoryNames } from './names.ts';
import type { Playground } from './playground.ts';
import { pendingRevision } from './prove-build.ts';

/** The branch on which the pipeline proposes a commit of the application for production. */
export function promotionBranch(application: string, revision: string): string {
  return `promote/${application}-${shortRevision(revision)}`;
}

/** The pull request that proposes this commit for production, open or merged. */
export async function findPromotion(
  { git, config }: Playground,
  revision: string,
): Promise<GitPull | undefined> {
  const branch = promotionBranch(config.application, revision);
  const pulls = await git.listPulls(config.organization, repositoryNames.gitops, 'all');
  // Of a branch that was deleted after the merge only the label still has the name.
  return pulls.find((pull) => pull.head.label === branch);
}

/**
 * Merges the pull request that proposes the newest commit for production, as a reviewer would.
 * @throws PlaygroundError `promotion-missing` when the pipeline opened none.
 */
export async function promote(playground: Playground): Promise<void> {
  const { git, config } = playground;
  const revision = await pendingRevision(playground);
  const pull = await findPromotion(playground, revision);
  if (pull === undefined) {
    throw new PlaygroundError({
      code: 'promotion-missing',
      message: `the build opened no pull request that proposes ${shortRevision(revision)} for production`,
      hint: 'see what the build says: gitops-playground logs ci',
    });
  }
  if (pull.merged) return;
  await git.mergePull(config.organization, repositoryNames.gitops, pull.number, {
    Do: 'merge',
    delete_branch_after_merge: true,
  });
}

import { z } from 'zod';
import type { GitPull } from '../../clients/git-server.ts';
import { hasStatus } from '../../clients/http.ts';
import { mainBranch } from '../../flow/names.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { text, type KindTable } from '../kinds.ts';
import { newestPull, pageOf } from '../looks/git.ts';
import type { Site } from '../site.ts';
import type { Step } from './step.ts';

const chosen = z.strictObject({ repository: text, head: text });

/** The newest pull request from a branch that fits, as it has to be open. */
async function openPull(site: Site, { repository, head }: z.output<typeof chosen>): Promise<GitPull> {
  const pull = await newestPull(site, repository, head);
  if (pull?.state === 'open') return pull;
  throw new PlaygroundError({
    code: 'step-impossible',
    message: `${repository} has no open pull request from ${head}`,
    hint: 'see its pull requests: gitops-playground open git',
  });
}

function page(site: Site, repository: string): string {
  return pageOf(site, repository, ({ pulls }) => pulls);
}

/** A pull request; one that is open between the two branches is enough. */
const open = chosen
  .extend({ base: text.default(mainBranch), title: text, body: z.string().default('') })
  .transform(({ repository, head, base, title, body }): Step => ({
    title: `Open the pull request "${title}" in ${repository}`,
    typed: (site) => [`${page(site, repository)}: New pull request, from ${head} into ${base}`],
    async run(site) {
      const { git, config } = site.playground;
      await git
        .createPull(config.organization, repository, { head, base, title, body })
        .catch((error: unknown) => {
          if (!hasStatus(error, 409)) throw error;
        });
    },
  }));

const comment = chosen.extend({ body: text }).transform(({ body, ...pull }): Step => ({
  title: `Comment on the pull request in ${pull.repository}`,
  typed: (site) => [`${page(site, pull.repository)}: read "Files", then write: ${body}`],
  async run(site) {
    const { git, config } = site.playground;
    const { number } = await openPull(site, pull);
    await git.createComment(config.organization, pull.repository, number, body);
  },
}));

const merge = chosen.transform((pull): Step => ({
  title: `Merge the pull request in ${pull.repository}`,
  typed: (site) => [`${page(site, pull.repository)}: the one from ${pull.head}, Merge`],
  async run(site) {
    const { git, config } = site.playground;
    const { number } = await openPull(site, pull);
    const order = { Do: 'merge', delete_branch_after_merge: true } as const;
    await git.mergePull(config.organization, pull.repository, number, order);
  },
}));

const close = chosen.transform((pull): Step => ({
  title: `Close the pull request in ${pull.repository} without a merge`,
  typed: (site) => [`${page(site, pull.repository)}: the one from ${pull.head}, Close`],
  async run(site) {
    const { git, config } = site.playground;
    const { number } = await openPull(site, pull);
    await git.editPull(config.organization, pull.repository, number, { state: 'closed' });
  },
}));

export const pullSteps: KindTable<Step> = {
  'open-pull': open,
  comment,
  'merge-pull': merge,
  'close-pull': close,
};

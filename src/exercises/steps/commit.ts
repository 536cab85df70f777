import { z } from 'zod';
import { readBaseline } from '../../flow/baseline.ts';
import { changeFiles } from '../../flow/change-files.ts';
import { mainBranch } from '../../flow/names.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { text, type KindTable } from '../kinds.ts';
import { readText } from '../looks/git.ts';
import { change, contentsOf, describeChange } from './changes.ts';
import { listFiles } from '../../flow/list-files.ts';
import type { Step } from './step.ts';

const author = z.strictObject({ name: text, email: text });

/** A commit with changes of files, pushed. */
const commit = z
  .strictObject({
    repository: text,
    branch: text.default(mainBranch),
    message: text,
    author: author.optional(),
    files: z.array(change).min(1, 'a commit changes at least one file'),
  })
  .transform((order): Step => ({
    title: `Commit to ${order.repository}: ${order.message.split('\n')[0] ?? ''}`,
    typed: () => [
      `cd ${order.repository}${order.branch === mainBranch ? '' : ` && git switch ${order.branch}`} && git pull`,
      ...order.files.map(describeChange),
      `git add --all && git commit -m ${quote(order.message.split('\n')[0] ?? '')} && git push`,
    ],
    async run(site) {
      const files = new Map<string, string | undefined>();
      for (const each of order.files) {
        for (const { path, content } of await contentsOf(site, each, order, files)) files.set(path, content);
      }
      await changeFiles(site.playground, { ...order, files });
    },
  }));

/** Paths of a repository become what they were when the playground was seeded, by a commit where they differ. */
const restore = z
  .strictObject({ repository: text, paths: z.array(text).min(1).default(['.']) })
  .transform(({ repository, paths }): Step => ({
    title: `Bring ${repository} back to what was seeded`,
    typed: () => [
      `cd ${repository} && git pull`,
      `git restore --source <the seeded commit> --staged --worktree ${paths.join(' ')}`,
      `git commit -m ${quote(restoreMessage)} && git push`,
    ],
    async run(site) {
      const { git, config } = site.playground;
      const baseline = await readBaseline(site.playground);
      const seeded = baseline.repositories[repository]?.references[`refs/heads/${mainBranch}`];
      const head = await git.findBranch(config.organization, repository, mainBranch);
      if (seeded === undefined || head === undefined) {
        throw new PlaygroundError({
          code: 'step-impossible',
          message: `the repository ${repository} is not there, or was not seeded`,
          hint: 'bring back everything: gitops-playground reset',
        });
      }
      if (head.commit.id === seeded) return;
      const below = (ref: string, path: string) =>
        listFiles(git, config.organization, repository, path === '.' ? '' : path, ref);
      const files = new Map<string, string | undefined>();
      for (const path of paths) {
        const [wanted, present] = await Promise.all([below(seeded, path), below(mainBranch, path)]);
        for (const [file, id] of wanted) {
          if (present.get(file) !== id) files.set(file, await readText(site, repository, file, seeded));
        }
        for (const file of present.keys()) if (!wanted.has(file)) files.set(file, undefined);
      }
      const message = `${restoreMessage}\n`;
      await changeFiles(site.playground, { repository, branch: mainBranch, message, files });
    },
  }));

const restoreMessage = 'Go back to what was seeded';

/** Quotes a text for a shell, where it needs it. */
export function quote(words: string): string {
  return /^[\w./:@=-]+$/.test(words) ? words : `'${words.replaceAll("'", `'\\''`)}'`;
}

export const commitSteps: KindTable<Step> = { commit, restore };

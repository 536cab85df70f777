import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { hasStatus } from '../../clients/http.ts';
import { cloneRepository } from '../../flow/clone.ts';
import { mainBranch } from '../../flow/names.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { leastEnvironment, run as runProgram } from '../../lib/process.ts';
import { text, type KindTable } from '../kinds.ts';
import { quote } from './commit.ts';
import type { Step } from './step.ts';

/** A repository of the exercise's own, with a first commit; one that is there stays as it is. */
const repository = z
  .strictObject({ name: text, description: z.string().default('') })
  .transform(({ name, description }): Step => ({
    title: `Make the repository ${name}`,
    typed: ({ playground: { endpoints } }) => [`${endpoints.git.url}: a new repository "${name}"`],
    async run({ playground: { git, config } }) {
      const wanted = { name, description, default_branch: mainBranch, auto_init: true };
      await git.createRepository(config.organization, wanted).catch((error: unknown) => {
        if (!hasStatus(error, 409)) throw error;
      });
    },
  }));

/** A branch that begins anew where another one is. */
const branch = z
  .strictObject({ repository: text, name: text, from: text.default(mainBranch) })
  .transform((order): Step => ({
    title: `Begin the branch ${order.name} of ${order.repository} at ${order.from}`,
    typed: () => [
      `cd ${order.repository} && git switch ${order.from} && git pull`,
      `git switch -c ${order.name} && git push -u origin ${order.name}`,
    ],
    async run(site) {
      const { git, config } = site.playground;
      const { organization } = config;
      const [there, from] = await Promise.all([
        git.findBranch(organization, order.repository, order.name),
        git.findBranch(organization, order.repository, order.from),
      ]);
      if (there !== undefined && there.commit.id === from?.commit.id) return;
      if (there !== undefined) await git.deleteBranch(organization, order.repository, order.name);
      await git.createBranch(organization, order.repository, order.name, order.from);
    },
  }));

/** Takes a branch away; none is no error. */
const removeBranch = z.strictObject({ repository: text, name: text }).transform((order): Step => ({
  title: `Delete the branch ${order.name} of ${order.repository}`,
  typed: () => [`cd ${order.repository} && git push origin --delete ${order.name}`],
  async run({ playground: { git, config } }) {
    const there = await git.findBranch(config.organization, order.repository, order.name);
    if (there !== undefined) await git.deleteBranch(config.organization, order.repository, order.name);
  },
}));

/** A real `git revert` of the newest commit whose subject has these words, in a clone of its own, pushed. */
const revert = z.strictObject({ repository: text, subject: text }).transform((order): Step => ({
  title: `Revert "${order.subject}" in ${order.repository}`,
  typed: () => [
    `cd ${order.repository} && git pull`,
    `git log --oneline --fixed-strings --grep ${quote(order.subject)}`,
    'git revert --no-edit <that commit> && git push',
  ],
  async run(site) {
    const { playground, signal } = site;
    const folder = await mkdtemp(join(tmpdir(), 'gitops-playground-revert-'));
    try {
      await cloneRepository(playground, order.repository, folder, signal);
      const git = (...args: string[]) => gitIn(folder, args, signal);
      const history = (await git('log', '-200', '--format=%H %s')).split('\n');
      const line = history.find((each) => each.slice(41).startsWith(order.subject));
      if (line === undefined) {
        throw new PlaygroundError({
          code: 'step-impossible',
          message: `${order.repository} has no commit "${order.subject}" to revert`,
          hint: 'bring the starting state back: gitops-playground exercise start',
        });
      }
      const revision = line.slice(0, 40);
      await git('-c', 'commit.gpgsign=false', 'revert', '--no-edit', revision);
      await git('push', '--quiet', 'origin', 'HEAD');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
}));

async function gitIn(folder: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const env = leastEnvironment({ GIT_TERMINAL_PROMPT: '0' });
  const { exitCode, stdout, stderr } = await runProgram('git', args, { cwd: folder, env, signal });
  if (exitCode === 0) return stdout;
  throw new PlaygroundError({
    code: 'git-failed',
    message: `git ${args.at(-2) ?? ''} ${args.at(-1) ?? ''} failed: ${stderr.trim() || stdout.trim()}`,
    hint: 'see the repository: gitops-playground open git',
  });
}

export const repositorySteps: KindTable<Step> = {
  repository,
  branch,
  'remove-branch': removeBranch,
  revert,
};

import { PlaygroundError } from '../lib/errors.ts';
import { run } from '../lib/process.ts';
import { gitEnvironment } from './commit.ts';
import type { Playground } from './playground.ts';

/** Commit (or tag object) by full reference name, branches and tags only. */
export type References = Readonly<Record<string, string>>;

const refspecs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];

/** Makes a bare copy of a repository's branches and tags. */
export async function mirrorRepository(
  playground: Playground,
  repository: string,
  folder: string,
): Promise<References> {
  const url = urlOf(playground, repository);
  await git(playground, ['init', '--quiet', '--bare', '--template=', folder]);
  await git(playground, ['-C', folder, 'fetch', '--quiet', '--no-auto-gc', url, ...refspecs]);
  return readReferences(playground, repository);
}

/** Makes the branches and tags of a repository those of the copy, by force. */
export async function restoreReferences(
  playground: Playground,
  repository: string,
  folder: string,
): Promise<void> {
  await git(playground, [
    '-C',
    folder,
    'push',
    '--quiet',
    '--force',
    '--prune',
    urlOf(playground, repository),
    ...refspecs,
  ]);
}

export async function readReferences(
  { git: api, config }: Playground,
  repository: string,
): Promise<References> {
  const references = await api.listReferences(config.organization, repository);
  const kept = references.filter(({ ref }) => /^refs\/(heads|tags)\//.test(ref));
  return Object.fromEntries(kept.map(({ ref, object }) => [ref, object.sha] as const));
}

function urlOf({ endpoints, config }: Playground, repository: string): string {
  return `${endpoints.git.url}/${config.organization}/${repository}.git`;
}

async function git({ endpoints }: Playground, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await run('git', args, { env: gitEnvironment(endpoints.git) });
  if (exitCode === 0) return;
  throw new PlaygroundError({
    code: 'git-failed',
    message: `git ${args.find((word) => /^(init|fetch|push)$/.test(word)) ?? ''} failed: ${stderr.trim()}`,
    hint: 'look at the Git server: gitops-playground logs git',
  });
}

import { readdir } from 'node:fs/promises';
import { PlaygroundError, systemCode } from '../lib/errors.ts';
import { basicAuthorization } from '../lib/http/auth.ts';
import { leastEnvironment, run } from '../lib/process.ts';
import type { Playground } from './playground.ts';
import { listRepositories } from './inventory.ts';

/**
 * Clones a repository so that a push needs no password: the login is kept in the clone's own configuration,
 * for this server alone.
 * @throws PlaygroundError `unknown-repository`, `folder-not-empty`, `git-failed`.
 */
export async function cloneRepository(
  playground: Playground,
  name: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const repositories = await listRepositories(playground);
  const repository = repositories.find((candidate) => candidate.name === name);
  if (repository === undefined) {
    throw new PlaygroundError({
      code: 'unknown-repository',
      message: `there is no repository "${name}"`,
      hint: `choose one of ${repositories.map((candidate) => candidate.name).join(', ')}`,
    });
  }
  const present = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  if (present.length > 0) {
    throw new PlaygroundError({
      code: 'folder-not-empty',
      message: `${folder} is there already, and not empty`,
      hint: `name another folder: gitops-playground clone ${name} DIR`,
    });
  }
  const { git } = playground.endpoints;
  const { username, password } = git;
  const settings = {
    [`http.${git.url}/.extraHeader`]: `Authorization: ${basicAuthorization(username, password)}`,
    'user.name': username,
    'user.email': `${username}@example.com`,
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['--config', `${key}=${value}`]);
  const env = leastEnvironment({ GIT_TERMINAL_PROMPT: '0' });
  const { exitCode, stderr } = await run('git', ['clone', '--quiet', ...flags, repository.cloneUrl, folder], {
    env,
    signal,
  });
  if (exitCode !== 0) {
    throw new PlaygroundError({
      code: 'git-failed',
      message: `git clone failed: ${stderr.trim()}`,
      hint: 'see: gitops-playground status',
    });
  }
}

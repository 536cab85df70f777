import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot, type GitServer, type GitServerName } from '../../src/clients/git-server.ts';
import { basicAuthorization } from '../../src/lib/http/auth.ts';
import { leastEnvironment, run } from '../../src/lib/process.ts';
import { gitTargets, type GitTarget } from './git-targets.ts';
import { realScmManager } from './scm-manager-target.ts';

/** A Git server that runs, and what a person does with it: commits and tags by git itself, pull requests by its own API. */
export interface FlowGit extends Desk {
  readonly server: GitServerName;
  readonly url: string;
  readonly admin: { readonly username: string; readonly password: string };
  readonly api: GitServer;
  /** Opens a pull request to the main branch, and tells its number. */
  propose(
    organization: string,
    repository: string,
    order: { readonly head: string; readonly title: string },
  ): Promise<number>;
  dispose(): Promise<void>;
}

export interface FlowGitTarget {
  readonly name: string;
  start(): Promise<FlowGit>;
}

/** A clone for one order at a time. */
interface Desk {
  /** Changes a file on a branch, which begins at the main branch where it is not there yet; tells the commit. */
  change(
    organization: string,
    repository: string,
    order: {
      readonly path: string;
      readonly change: (before: string) => string;
      readonly message: string;
      readonly branch?: string;
    },
  ): Promise<string>;
  /** Makes branches and tags (by their full names) of the main branch; a tag with its own object where it is to be annotated. */
  mark(
    organization: string,
    repository: string,
    order: { readonly refs?: readonly string[]; readonly annotated?: readonly string[] },
  ): Promise<void>;
}

export function createDesk(
  server: GitServerName,
  { url, username, password }: { readonly url: string; readonly username: string; readonly password: string },
): Desk {
  const env = leastEnvironment({
    ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' },
    ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraHeader' },
    GIT_CONFIG_VALUE_0: `Authorization: ${basicAuthorization(username, password)}`,
    ...{ GIT_AUTHOR_NAME: username, GIT_AUTHOR_EMAIL: `${username}@example.com` },
    ...{ GIT_COMMITTER_NAME: username, GIT_COMMITTER_EMAIL: `${username}@example.com` },
  });
  async function inClone<T>(
    organization: string,
    repository: string,
    work: (git: (...args: string[]) => Promise<string>, folder: string) => Promise<T>,
  ): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'desk-'));
    const git = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await run('git', args, { cwd: folder, env });
      if (exitCode !== 0) throw new Error(`git ${args.join(' ')} failed: ${stderr}`);
      return stdout.trim();
    };
    try {
      await git('clone', '--quiet', `${repositoryRoot(server, url)}/${organization}/${repository}.git`, '.');
      return await work(git, folder);
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return {
    change: (organization, repository, { path, change, message, branch = 'main' }) =>
      inClone(organization, repository, async (git, folder) => {
        if (branch !== 'main') await git('switch', '--quiet', '--create', branch);
        const file = join(folder, path);
        await writeFile(file, change(await readFile(file, 'utf8').catch(() => '')));
        await git('add', '--all');
        await git('commit', '--quiet', '--message', message);
        await git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
        return git('rev-parse', 'HEAD');
      }),
    mark: (organization, repository, { refs = [], annotated = [] }) =>
      inClone(organization, repository, async (git) => {
        for (const name of annotated) await git('tag', '--annotate', '--message', name, name);
        const tags = annotated.map((name) => `refs/tags/${name}`);
        await git('push', '--quiet', 'origin', ...refs.map((ref) => `HEAD:${ref}`), ...tags);
      }),
  };
}

function withGitea(target: GitTarget): FlowGitTarget {
  return {
    name: target.name,
    async start() {
      const running = await target.start();
      const { url, admin, gitea } = running;
      return {
        ...{ server: 'gitea', url, admin, api: gitea },
        dispose: () => running.dispose(),
        ...createDesk('gitea', { url, ...admin }),
        propose: async (organization, repository, order) =>
          (await gitea.createPull(organization, repository, { ...order, base: 'main' })).number,
      };
    },
  };
}

const url = process.env.PLAYGROUND_SCM_MANAGER_URL;

/** Every Git server that there is here: `PLAYGROUND_GITEA_URL` and `PLAYGROUND_SCM_MANAGER_URL` name the real ones. */
export const flowGitTargets: readonly FlowGitTarget[] = [
  ...gitTargets.map(withGitea),
  ...(url === undefined ? [] : [realScmManager(url.replace(/\/+$/, ''))]),
];

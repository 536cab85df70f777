import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createJenkins } from '../../../../../src/clients/jenkins.ts';
import { silentLog } from '../../../../../src/lib/log.ts';
import { startCiServer, type CiServer, type CiServerOptions } from '../../../../../src/servers/ci/server.ts';

export const developer = { username: 'developer', password: 'correct horse', apiToken: '11aabbccddeeff' };

/** A git repository with a bare remote beside it, in a folder of its own. */
export class Repository {
  readonly remote: string;
  readonly #work: string;

  constructor(folder: string, name: string) {
    const bare = join(folder, `${name}.git`);
    this.remote = `file://${bare}`;
    this.#work = join(folder, `${name}-work`);
    mkdirSync(this.#work, { recursive: true });
    git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
    git(this.#work, 'init', '--quiet', '--initial-branch=main');
    git(this.#work, 'remote', 'add', 'origin', this.remote);
  }

  /** Commits files to a branch and pushes it. @returns the commit. */
  commit(files: Record<string, string | null>, branch = 'main'): string {
    const head = tryGit(this.#work, 'rev-parse', '--verify', '--quiet', branch);
    if (head !== undefined) git(this.#work, 'checkout', '--quiet', branch);
    else if (tryGit(this.#work, 'rev-parse', '--verify', '--quiet', 'HEAD') !== undefined) {
      git(this.#work, 'checkout', '--quiet', '-b', branch);
    }
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.#work, name);
      if (content === null) rmSync(file);
      else {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    }
    git(this.#work, 'add', '--all');
    git(this.#work, 'commit', '--quiet', '--allow-empty', '-m', `Change ${Object.keys(files).join(', ')}`);
    git(this.#work, 'push', '--quiet', 'origin', branch);
    return git(this.#work, 'rev-parse', 'HEAD').trim();
  }

  deleteBranch(branch: string): void {
    git(this.#work, 'push', '--quiet', 'origin', '--delete', branch);
  }
}

export function git(cwd: string, ...args: string[]): string {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: cwd,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Dev',
    GIT_AUTHOR_EMAIL: 'dev@example.com',
    GIT_COMMITTER_NAME: 'Dev',
    GIT_COMMITTER_EMAIL: 'dev@example.com',
  };
  return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function tryGit(cwd: string, ...args: string[]): string | undefined {
  try {
    return git(cwd, ...args);
  } catch {
    return undefined;
  }
}

/** A CI server in a temporary folder, with the client of the person. */
export async function startFixture(options: Partial<CiServerOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ci-'));
  const start = async () => {
    const server = await startCiServer({
      dataDir: join(folder, 'ci'),
      port: 0,
      log: silentLog,
      users: [developer],
      ...options,
    });
    return { server, jenkins: createJenkins({ url: server.url, ...developer }) };
  };
  let current: { server: CiServer; jenkins: ReturnType<typeof createJenkins> } = await start();
  return {
    folder,
    get server() {
      return current.server;
    },
    get jenkins() {
      return current.jenkins;
    },
    /** Stops the server and starts it again on the same folder. */
    async restart() {
      await current.server.close();
      current = await start();
    },
    async close() {
      await current.server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

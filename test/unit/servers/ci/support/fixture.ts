import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createJenkins, type Build, type Jenkins, type JobPath } from '../../../../../src/clients/jenkins.ts';
import { silentLog } from '../../../../../src/lib/log.ts';
import { waitFor } from '../../../../../src/lib/wait.ts';
import { startCiServer, type CiServer, type CiServerOptions } from '../../../../../src/servers/ci/server.ts';
import { escapeXml } from '../../../../../src/servers/ci/xml.ts';
import { developer, stepRunner } from './step-runner.ts';

export { calls, developer } from './step-runner.ts';

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

function git(cwd: string, ...args: string[]): string {
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
export async function startFixture(
  options: Partial<CiServerOptions> & { readonly realLanguage?: boolean } = {},
) {
  const { realLanguage = false, ...given } = options;
  const folder = mkdtempSync(join(tmpdir(), 'ci-'));
  const start = async () => {
    const server = await startCiServer({
      dataDir: join(folder, 'ci'),
      port: 0,
      log: silentLog,
      users: [developer],
      ...(realLanguage ? {} : { runPipeline: stepRunner }),
      ...given,
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

/** The config.xml of a pipeline job with this script. */
export function pipelineConfig(script: string): string {
  return `<flow-definition><definition class="org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition"><script>${escapeXml(script)}</script></definition></flow-definition>`;
}

/** The newest build of a job once it is over, and is at least this number. */
export function finished(jenkins: Jenkins, job: JobPath, number = 1): Promise<Build> {
  return waitFor(
    async () => {
      const build = await jenkins.build(job, 'lastBuild');
      return build !== undefined && build.number >= number && !build.building
        ? { done: true, value: build }
        : { done: false, seen: JSON.stringify(build) };
    },
    { what: `build ${number} of ${job.join('/')}`, limit: 10_000, interval: 10 },
  );
}

/** Waits until the log of a build has a text. */
export function logged(jenkins: Jenkins, job: JobPath, number: number, wanted: RegExp): Promise<string> {
  return waitFor(
    async () => {
      const log = (await jenkins.build(job, number)) === undefined ? '' : await jenkins.console(job, number);
      return wanted.test(log) ? { done: true, value: log } : { done: false, seen: log };
    },
    { what: `${wanted.source} in the log`, limit: 10_000, interval: 10 },
  );
}

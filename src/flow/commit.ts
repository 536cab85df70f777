import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlaygroundError } from '../lib/errors.ts';
import { basicAuthorization } from '../lib/http/auth.ts';
import { asRevision, type Revision } from '../lib/ids.ts';
import { leastEnvironment, run } from '../lib/process.ts';

export interface CommitFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly executable?: boolean;
}

export interface NewCommit {
  /** Where it is pushed to, without credentials. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly branch: string;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly files: readonly CommitFile[];
}

/**
 * Pushes the files as the first commit of a branch, by real git: written as a fast-import stream, so that no work tree is
 * needed.
 * @throws PlaygroundError `git-failed` with git's own words.
 */
export async function pushFirstCommit(commit: NewCommit, signal: AbortSignal): Promise<Revision> {
  const folder = await mkdtemp(join(tmpdir(), 'gitops-playground-'));
  try {
    const ref = `refs/heads/${commit.branch}`;
    const git = gitIn(folder, commit, signal);
    await git(['init', '--quiet', '--bare', '--template=']);
    await git(['fast-import', '--quiet', '--date-format=now'], fastImport(commit, ref));
    await git(['push', '--quiet', commit.url, `${ref}:${ref}`]);
    return asRevision((await git(['rev-parse', ref])).trim());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whom git is to be at a server. */
interface GitLogin {
  readonly username: string;
  readonly password: string;
}

/** Runs git in a folder, apart from the person's own settings, with the login in the environment and on no command line. */
function gitIn(cwd: string, login: GitLogin, signal: AbortSignal) {
  const env = gitEnvironment(login);
  return async (args: readonly string[], input?: string | Uint8Array): Promise<string> => {
    const result = await run('git', args, { cwd, env, signal, ...(input === undefined ? {} : { input }) });
    if (result.exitCode === 0) return result.stdout;
    throw new PlaygroundError({
      code: 'git-failed',
      message: `git ${args[0] ?? ''} failed: ${result.stderr.trim()}`,
      hint: 'look at the Git server: gitops-playground logs git',
    });
  };
}

/** Settings of git given by its environment (`GIT_CONFIG_COUNT`, git-config(1)). */
export function gitEnvironment({ username, password }: GitLogin): Record<string, string> {
  const settings = [
    ['http.extraHeader', `Authorization: ${basicAuthorization(username, password)}`],
  ] as const;
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return leastEnvironment({
    ...env,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  });
}

/** The commit as a stream for git-fast-import(1). */
function fastImport({ author, message, files }: NewCommit, ref: string): Buffer {
  const parts: Buffer[] = [];
  const text = (line: string) => parts.push(Buffer.from(line));
  const data = (content: Uint8Array) => {
    text(`data ${content.length}\n`);
    parts.push(Buffer.from(content));
    text('\n');
  };
  text(`commit ${ref}\ncommitter ${author.name} <${author.email}> now\n`);
  data(Buffer.from(message));
  for (const { path, content, executable } of files) {
    text(`M ${executable === true ? '100755' : '100644'} inline ${JSON.stringify(path)}\n`);
    data(typeof content === 'string' ? Buffer.from(content) : content);
  }
  text('done\n');
  return Buffer.concat(parts);
}

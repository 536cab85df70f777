import { spawn } from 'node:child_process';
import { basicAuthorization } from '../../../lib/http/auth.ts';

export type Login = { readonly username: string; readonly password: string } | { readonly token: string };

export interface GitCall {
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Git said no; the message is what it wrote to standard error. */
export class GitFailure extends Error {
  readonly exitCode: number | null;

  constructor(args: readonly string[], exitCode: number | null, stderr: string) {
    const command = args.find((arg) => !arg.startsWith('-') && !arg.includes('/')) ?? 'git';
    super(`git ${command} failed: ${stderr.trim() || `exit code ${exitCode}`}`);
    this.name = 'GitFailure';
    this.exitCode = exitCode;
  }
}

/**
 * Runs git with an argument array and gives its standard output. A bare spawn: this is on the way from a push to its build.
 * @throws GitFailure when git exits with another code than 0 or cannot be started.
 */
export function git(args: readonly string[], { cwd, env, signal }: GitCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal, killSignal: 'SIGTERM' as const }),
    });
    const output: Buffer[] = [];
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      if (errors.length < 64 * 1024) errors += chunk.toString('utf8');
    });
    child.once('error', (error) => {
      reject(signal?.aborted ? error : new GitFailure(args, null, error.message));
    });
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new GitFailure(args, code, errors));
    });
  });
}

/** What git gets to see of the world: no user or system configuration, no prompts, no credentials of the person. */
export function gitEnvironment(base: Readonly<Record<string, string>>): Record<string, string> {
  return { ...base, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
}

/** A login for one call, by environment: arguments can be read by everybody on the machine. */
export function loginEnvironment(login: Login | undefined): Record<string, string> {
  const header = authorizationOf(login);
  if (header === undefined) return {};
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: ${header}`,
  };
}

export function authorizationOf(login: Login | undefined): string | undefined {
  if (login === undefined) return undefined;
  return 'token' in login ? `token ${login.token}` : basicAuthorization(login.username, login.password);
}

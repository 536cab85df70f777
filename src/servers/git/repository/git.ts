import { spawn, type ChildProcess } from 'node:child_process';
import { PlaygroundError, systemCode } from '../../../lib/errors.ts';
import { leastEnvironment } from '../../../lib/process.ts';

/** Oldest git that can merge in a bare repository (`merge-tree --write-tree`). */
const OLDEST: readonly [number, number] = [2, 38];

/** Settings of every git that the server runs, in place of the person's and the machine's own. */
const SETTINGS: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  // Repacking would make a push wait; maintenance.ts does it while nothing happens.
  'gc.auto': '0',
  'receive.autogc': 'false',
  'maintenance.auto': 'false',
  'receive.advertisePushOptions': 'false',
  // Pull requests keep their heads there, by the server's own hand.
  'receive.hideRefs': 'refs/pull',
  'uploadpack.allowFilter': 'true',
  'uploadpack.allowReachableSHA1InWant': 'true',
  'uploadpack.allowTipSHA1InWant': 'true',
  'init.defaultBranch': 'main',
  'user.useConfigOnly': 'true',
};

/** git ended with an error; `stderr` is what it said. */
export class GitFailure extends Error {
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(args: readonly string[], exitCode: number | null, stderr: string) {
    super(`git ${args[0] ?? ''} failed (${exitCode ?? 'ended'}): ${stderr.trim().slice(0, 500)}`);
    this.name = 'GitFailure';
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

export interface GitOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are results; only 0 unless told. */
  readonly accept?: readonly number[];
  /** Bytes of standard output after which git is stopped; 64 MiB unless told. */
  readonly limit?: number;
}

export interface GitResult {
  readonly stdout: Buffer;
  readonly exitCode: number;
}

/** The installed git with a scrubbed environment. Knows its children, so that none outlives the server. */
export class Git {
  readonly #env: Readonly<Record<string, string>>;
  readonly #children = new Set<ChildProcess>();

  /** @param home a folder that stands in for the person's home. */
  constructor(home: string) {
    const entries = Object.entries(SETTINGS);
    this.#env = {
      ...leastEnvironment({
        HOME: home,
        LC_ALL: 'C.UTF-8',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_TERMINAL_PROMPT: '0',
        GIT_DEFAULT_REF_FORMAT: 'files',
        GIT_DEFAULT_HASH: 'sha1',
        GIT_CONFIG_COUNT: String(entries.length),
      }),
      ...Object.fromEntries(
        entries.flatMap(([key, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, key],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
    };
  }

  /** Starts git with pipes; it is killed when the server closes. */
  spawn(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn('git', [...args], { env: { ...this.#env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }

  /**
   * Runs git to its end.
   * @throws GitFailure when it ends with a code that is not accepted, or says more than the limit.
   */
  async run(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    const { accept = [0], limit = 64 * 1024 * 1024 } = options;
    const child = this.spawn(args, options.env);
    const output: Buffer[] = [];
    let size = 0;
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) child.kill('SIGKILL');
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < 16_384) stderr += chunk.toString();
    });
    // A git that ends early closes its input; its exit code tells the story.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (size > limit) throw new GitFailure(args, exitCode, `the output is larger than ${limit} bytes`);
    if (exitCode === null || !accept.includes(exitCode)) throw new GitFailure(args, exitCode, stderr);
    return { stdout: Buffer.concat(output, size), exitCode };
  }

  /** The same, for output that is text. */
  async text(args: readonly string[], options: GitOptions = {}): Promise<string> {
    return (await this.run(args, options)).stdout.toString('utf8');
  }

  /** @throws PlaygroundError `git-missing` or `git-too-old`. */
  async checkVersion(): Promise<string> {
    let output: string;
    try {
      output = await this.text(['version']);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      throw new PlaygroundError({
        code: 'git-missing',
        message: 'the program "git" was not found',
        hint: 'install git and make sure that it is on the PATH',
        cause: error,
      });
    }
    const [, version = '', major = '0', minor = '0'] = /((\d+)\.(\d+)\S*)/.exec(output) ?? [];
    if (Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])) {
      throw new PlaygroundError({
        code: 'git-too-old',
        message: `git ${version} cannot merge in bare repositories`,
        hint: `install git ${OLDEST.join('.')} or newer`,
      });
    }
    return version;
  }

  /** Ends every child and waits until they are gone. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#children].map(
        (child) =>
          new Promise<void>((resolve) => {
            child.once('close', () => {
              resolve();
            });
            child.kill('SIGKILL');
          }),
      ),
    );
  }
}

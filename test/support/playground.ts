import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { execa, type ResultPromise } from 'execa';
import { packageRoot } from '../../src/lib/package.ts';
import type { PlaygroundStatus } from '../../src/flow/status.ts';

/** The Node that runs the command line, and with it the daemon, builds and pods: PLAYGROUND_NODE names another one. */
const playgroundNode = process.env.PLAYGROUND_NODE ?? process.execPath;

/** The engine that scenarios run on: `npm run test:scenarios -- --engine k3d`. */
export const scenarioEngine = process.env.PLAYGROUND_ENGINE ?? 'embedded';

/** Scenarios about processes of this machine have nothing to look at where the parts are pods. */
export const onPods = scenarioEngine !== 'embedded';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as people run it, with a home of its own, so that no test meets another one's playgrounds. */
export class Cli {
  readonly home: string;
  readonly #program: string;
  readonly #env: Record<string, string>;

  constructor(options: { program?: string; env?: Record<string, string> } = {}) {
    this.home = mkdtempSync(join(tmpdir(), 'playground-home-'));
    this.#program = options.program ?? join(packageRoot, 'bin', 'gitops-playground.cjs');
    this.#env = {
      PATH: [dirname(playgroundNode), process.env.PATH ?? ''].join(delimiter),
      HOME: this.home,
      GITOPS_PLAYGROUND_HOME: join(this.home, 'playgrounds'),
      ...options.env,
    };
  }

  /** Starts a command and gives the running process. */
  start(args: readonly string[], options: { cwd?: string } = {}): ResultPromise {
    // What this machine has besides must not decide on which engine a scenario runs.
    const chosen = args[0] !== 'up' || args.includes('--engine') ? [] : ['--engine', scenarioEngine];
    return execa(playgroundNode, [this.#program, ...args, ...chosen], {
      env: this.#env,
      extendEnv: false,
      reject: false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
  }

  async run(...args: string[]): Promise<CommandResult> {
    const { exitCode, stdout, stderr } = await this.start(args);
    return { exitCode: exitCode ?? -1, stdout: String(stdout), stderr: String(stderr) };
  }

  /** Runs a command with `--json` that has to succeed, and gives its document. */
  async json<T>(...args: string[]): Promise<T> {
    const { exitCode, stdout, stderr } = await this.run(...args, '--json');
    if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}:\n${stderr}\n${stdout}`);
    return JSON.parse(stdout) as T;
  }

  status(): Promise<PlaygroundStatus> {
    return this.json<PlaygroundStatus>('status');
  }

  /** Takes every playground of this home away. */
  async dispose(): Promise<void> {
    await this.run('down', '--all', '--yes');
    rmSync(this.home, { recursive: true, force: true });
  }
}

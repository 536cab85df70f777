import { execa } from 'execa';

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program with an environment of its own, of which only PATH comes from outside. */
export class Program {
  readonly #file: string;
  readonly #env: Record<string, string>;
  readonly #before: readonly string[];

  constructor(file: string, env: Record<string, string>, before: readonly string[] = []) {
    this.#file = file;
    this.#env = { PATH: process.env.PATH ?? '', ...env };
    this.#before = before;
  }

  /** Starts it and gives the running process. */
  start(args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}) {
    return execa(this.#file, [...this.#before, ...args], {
      env: { ...this.#env, ...options.env },
      extendEnv: false,
      reject: false,
      timeout: 60_000,
      ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    });
  }

  async attempt(
    args: readonly string[],
    options: { input?: string; env?: Record<string, string> } = {},
  ): Promise<ProgramResult> {
    const { exitCode, stdout, stderr, message } = await this.start(args, options);
    // A program that could not be started has no exit code, but a message.
    return {
      exitCode: exitCode ?? -1,
      stdout,
      stderr: exitCode === undefined ? (message ?? stderr) : stderr,
    };
  }

  /** Runs it where it has to succeed, and gives what it printed. */
  async run(...args: string[]): Promise<string> {
    return this.#done(args, await this.attempt(args));
  }

  /** Runs it with a text on its standard input, where it has to succeed. */
  async feed(input: string, ...args: string[]): Promise<string> {
    return this.#done(args, await this.attempt(args, { input }));
  }

  /** Runs it where it has to fail, and gives its complaint. */
  async complaint(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.attempt(args);
    if (exitCode === 0) throw new Error(`${this.#file} ${args.join(' ')} should fail, and said:\n${stdout}`);
    return stderr;
  }

  #done(args: readonly string[], { exitCode, stdout, stderr }: ProgramResult): string {
    if (exitCode !== 0)
      throw new Error(`${this.#file} ${args.join(' ')} ended with ${exitCode}:\n${stderr}\n${stdout}`);
    return stdout;
  }
}

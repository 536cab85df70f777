import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { GitObject } from './loose.ts';
import { lookUp } from './lookup.ts';

interface Request {
  readonly name: string;
  readonly resolve: (object: GitObject | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Milliseconds without a question after which the reading process is let go. */
const IDLE = 60_000;

/**
 * Reads objects of a bare repository: small ones from its files, all others through one long-lived `git cat-file --batch`, so
 * that reading a folder of manifests starts no process. It sees what later fetches bring.
 */
export class ObjectReader {
  readonly #folder: string;
  readonly #env: Record<string, string>;
  #process: ChildProcessWithoutNullStreams | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #waiting: Request[] = [];
  #idle: NodeJS.Timeout | undefined;

  constructor(folder: string, env: Record<string, string>) {
    this.#folder = folder;
    this.#env = env;
  }

  /** Reads an object by any name that git knows (an id, `<commit>:<path>`, `<commit>^{tree}`); undefined when there is none. */
  read(name: string): Promise<GitObject | undefined> {
    if (/[\n\0]/.test(name)) return Promise.resolve(undefined);
    const found = lookUp(this.#folder, name);
    if (found !== 'unknown') return Promise.resolve(found === 'absent' ? undefined : found);
    clearTimeout(this.#idle);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, resolve, reject });
      this.#start().stdin.write(`${name}\n`);
    });
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#process?.stdin.end();
    this.#process?.kill();
    this.#process = undefined;
  }

  #start(): ChildProcessWithoutNullStreams {
    if (this.#process !== undefined) return this.#process;
    const child = spawn('git', ['--git-dir', this.#folder, 'cat-file', '--batch'], {
      env: this.#env,
      stdio: 'pipe',
    });
    this.#process = child;
    this.#buffer = Buffer.alloc(0);
    const ended = (reason: string) => {
      if (this.#process === child) this.#process = undefined;
      const left = this.#waiting.splice(0);
      for (const { reject } of left) reject(new Error(`reading the mirror ended: ${reason}`));
    };
    child.stdout.on('data', (chunk: Buffer) => {
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#answer();
    });
    child.stderr.resume();
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => {
      ended(error.message);
    });
    child.on('close', (code) => {
      ended(`git cat-file left with ${code ?? 'a signal'}`);
    });
    child.unref();
    return child;
  }

  #answer(): void {
    for (;;) {
      const [request] = this.#waiting;
      if (request === undefined) break;
      // The name is echoed for a missing object, so its line may be long.
      const end = this.#buffer.indexOf(0x0a);
      if (end < 0) return;
      const header = this.#buffer.toString('utf8', 0, end);
      const match = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d+)$/.exec(header);
      if (match === null) {
        this.#buffer = this.#buffer.subarray(end + 1);
        this.#waiting.shift();
        request.resolve(undefined);
        continue;
      }
      const [, id = '', type = '', size = '0'] = match;
      const start = end + 1;
      const stop = start + Number(size);
      if (this.#buffer.length < stop + 1) return;
      const content = Buffer.from(this.#buffer.subarray(start, stop));
      this.#buffer = this.#buffer.subarray(stop + 1);
      this.#waiting.shift();
      request.resolve({ id, type: type as GitObject['type'], content });
    }
    this.#idle = setTimeout(() => {
      this.close();
    }, IDLE).unref();
  }
}

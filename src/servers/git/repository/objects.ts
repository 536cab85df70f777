import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { lookUp } from '../../../clients/git/lookup.ts';
import { treeEntries } from '../../../clients/git/tree-entries.ts';
import type { Git } from './git.ts';

type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface ObjectInfo {
  readonly sha: string;
  readonly type: ObjectType;
  readonly size: number;
}

export interface GitObject extends ObjectInfo {
  readonly content: Buffer;
}

export interface TreeEntry {
  readonly mode: string;
  readonly name: string;
  readonly sha: string;
}

const OPEN_AT_ONCE = 8;
const IDLE_MILLISECONDS = 60_000;

/**
 * Reads objects: small ones from the files of a repository, all others through one long-lived `git cat-file --batch-command` a repository, so
 * that most REST requests start no process. Processes end when they are not used for a minute, or when too many are open.
 */
export class Objects {
  readonly #git: Git;
  readonly #readers = new Map<string, Reader>();

  constructor(git: Git) {
    this.#git = git;
  }

  /** What a revision (`main:README.md`, `refs/heads/main^{commit}`) names, or undefined. */
  async info(folder: string, revision: string): Promise<ObjectInfo | undefined> {
    const found = readFromFiles(folder, revision);
    if (found === undefined) return this.#reader(folder).request('info', revision);
    return found === 'absent' ? undefined : { sha: found.sha, type: found.type, size: found.size };
  }

  /** The object with its content; read `info` first where it may be large. */
  async read(folder: string, revision: string): Promise<GitObject | undefined> {
    const found = readFromFiles(folder, revision);
    if (found !== undefined) return found === 'absent' ? undefined : found;
    const object = await this.#reader(folder).request('contents', revision);
    return object as GitObject | undefined;
  }

  async tree(folder: string, revision: string): Promise<TreeEntry[] | undefined> {
    const object = await this.read(folder, revision);
    return object?.type === 'tree' ? parseTree(object.content) : undefined;
  }

  /** Ends the reader of a repository that is going away. */
  forget(folder: string): void {
    this.#readers.get(folder)?.end();
    this.#readers.delete(folder);
  }

  close(): void {
    for (const folder of [...this.#readers.keys()]) this.forget(folder);
  }

  #reader(folder: string): Reader {
    let reader = this.#readers.get(folder);
    if (reader === undefined || reader.ended) {
      reader = new Reader(this.#git.spawn(['--git-dir', folder, 'cat-file', '--batch-command']), () => {
        if (this.#readers.get(folder) === reader) this.#readers.delete(folder);
      });
    }
    // The order of the map is the order of use.
    this.#readers.delete(folder);
    this.#readers.set(folder, reader);
    if (this.#readers.size > OPEN_AT_ONCE) {
      const idle = [...this.#readers].find(([other, candidate]) => other !== folder && candidate.idle);
      if (idle !== undefined) this.forget(idle[0]);
    }
    return reader;
  }
}

/** Undefined where only git can tell. */
function readFromFiles(folder: string, revision: string): GitObject | 'absent' | undefined {
  const found = lookUp(folder, revision);
  if (found === 'unknown') return undefined;
  if (found === 'absent') return found;
  return { sha: found.id, type: found.type, size: found.content.length, content: found.content };
}

interface Waiting {
  readonly verb: 'info' | 'contents';
  readonly resolve: (object: ObjectInfo | GitObject | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** One `cat-file`: requests go in at once, answers come back in their order. */
class Reader {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** The header whose content is still on its way. */
  #header: ObjectInfo | undefined;
  readonly #timer: NodeJS.Timeout;
  ended = false;

  constructor(child: ChildProcessWithoutNullStreams, onEnd: () => void) {
    this.#child = child;
    this.#timer = setTimeout(() => {
      if (this.idle) this.end();
      else this.#timer.refresh();
    }, IDLE_MILLISECONDS).unref();
    const stop = (error?: Error) => {
      this.ended = true;
      clearTimeout(this.#timer);
      for (const waiting of this.#waiting.splice(0)) {
        waiting.reject(error ?? new Error('git cat-file ended before it answered'));
      }
      onEnd();
    };
    child.once('error', stop);
    child.once('close', () => {
      stop();
    });
    child.stdin.on('error', () => undefined);
    child.stderr.resume();
    child.stdout.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#buffered += chunk.length;
      this.#parse();
    });
  }

  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  request(verb: 'info' | 'contents', revision: string): Promise<ObjectInfo | GitObject | undefined> {
    // A line break would end the request; no valid revision has one.
    if (/[\n\r\0]/.test(revision)) return Promise.resolve(undefined);
    this.#timer.refresh();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ verb, resolve, reject });
      this.#child.stdin.write(`${verb} ${revision}\n`);
    });
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.#timer);
    this.#child.stdin.end();
  }

  #parse(): void {
    for (;;) {
      const [waiting] = this.#waiting;
      if (waiting === undefined) return;
      if (this.#header === undefined) {
        const line = this.#takeLine();
        if (line === undefined) return;
        const match = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/.exec(line);
        if (match === null) {
          this.#answer(undefined);
          continue;
        }
        const [, sha = '', type, size] = match;
        this.#header = { sha, type: type as ObjectType, size: Number(size) };
        if (waiting.verb === 'info') {
          this.#answer(this.#header);
          continue;
        }
      }
      if (this.#buffered < this.#header.size + 1) return;
      const all = this.#take(this.#header.size + 1);
      this.#answer({ ...this.#header, content: all.subarray(0, this.#header.size) });
    }
  }

  #answer(object: ObjectInfo | GitObject | undefined): void {
    this.#header = undefined;
    this.#waiting.shift()?.resolve(object);
  }

  #takeLine(): string | undefined {
    let before = 0;
    for (const chunk of this.#chunks) {
      const end = chunk.indexOf(0x0a);
      if (end >= 0) return this.#take(before + end + 1).toString('utf8', 0, before + end);
      before += chunk.length;
    }
    return undefined;
  }

  #take(size: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#buffered);
    if (all === undefined) return Buffer.alloc(0);
    const rest = all.subarray(size);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#buffered = rest.length;
    return all.subarray(0, size);
  }
}

/**
 * The entries of a tree object, with modes as `git ls-tree` prints them.
 * @param encoding of the names; `latin1` keeps every byte of those that are no UTF-8.
 * @throws Error when it is damaged.
 */
export function parseTree(content: Buffer, encoding: 'utf8' | 'latin1' = 'utf8'): TreeEntry[] {
  return Array.from(treeEntries(content), ({ mode, name, id }) => ({
    mode: mode.padStart(6, '0'),
    name: name.toString(encoding),
    sha: id,
  }));
}

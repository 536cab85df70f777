import { mkdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceName } from './names.ts';

/** A build's folder on the built-in node, and the executor that it occupies. */
export interface Workspace {
  readonly folder: string;
  /** Beside the workspace: scripts and secret files, never seen by a checkout or an archive. */
  readonly temporary: string;
  readonly executor: number;
  release(): Promise<void>;
}

/**
 * Executors and workspaces. A pipeline keeps its workspace from build to build; concurrent builds of the same pipeline get
 * `@2`, `@3`, … as on Jenkins.
 */
export class Workspaces {
  readonly #folder: string;
  readonly executors: number;
  readonly #busyExecutors = new Map<number, string>();
  readonly #busyFolders = new Set<string>();
  readonly #waiting: (() => void)[] = [];

  constructor(folder: string, executors: number) {
    this.#folder = folder;
    this.executors = executors;
  }

  get busy(): number {
    return this.#busyExecutors.size;
  }

  /** What each executor is doing: the full name of a pipeline. */
  occupants(): ReadonlyMap<number, string> {
    return this.#busyExecutors;
  }

  /**
   * Waits for an executor.
   * @param onWait called once when there is none at the moment.
   * @throws the signal's reason when the build is stopped while it waits.
   */
  async allocate(pipeline: string, signal: AbortSignal, onWait: () => void): Promise<Workspace> {
    if (this.#busyExecutors.size >= this.executors) onWait();
    while (this.#busyExecutors.size >= this.executors) await this.#turn(signal);
    signal.throwIfAborted();
    let executor = 0;
    while (this.#busyExecutors.has(executor)) executor += 1;
    const folder = this.#freeFolder(workspaceName(pipeline));
    this.#busyExecutors.set(executor, pipeline);
    this.#busyFolders.add(folder);
    const temporary = `${folder}@tmp`;
    await mkdir(folder, { recursive: true });
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    let released = false;
    return {
      folder,
      temporary,
      executor,
      release: async () => {
        if (released) return;
        released = true;
        await rm(temporary, { recursive: true, force: true });
        this.#busyFolders.delete(folder);
        this.#busyExecutors.delete(executor);
        this.#waiting.shift()?.();
      },
    };
  }

  /** Removes the workspaces of a pipeline that is deleted. */
  async remove(pipeline: string): Promise<void> {
    const base = join(this.#folder, workspaceName(pipeline));
    for (let n = 1; n === 1 || existsSync(`${base}@${n}`); n += 1) {
      const folder = n === 1 ? base : `${base}@${n}`;
      if (!this.#busyFolders.has(folder)) await rm(folder, { recursive: true, force: true });
      await rm(`${folder}@tmp`, { recursive: true, force: true });
    }
  }

  #freeFolder(name: string): string {
    for (let n = 1; ; n += 1) {
      const folder = join(this.#folder, n === 1 ? name : `${name}@${n}`);
      if (!this.#busyFolders.has(folder)) return folder;
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        signal.removeEventListener('abort', stop);
        const index = this.#waiting.indexOf(go);
        if (index >= 0) this.#waiting.splice(index, 1);
      };
      const go = () => {
        leave();
        resolve();
      };
      const stop = () => {
        leave();
        reject(signal.reason instanceof Error ? signal.reason : new Error('the build was stopped'));
      };
      if (signal.aborted) {
        stop();
        return;
      }
      signal.addEventListener('abort', stop, { once: true });
      this.#waiting.push(go);
    });
  }
}

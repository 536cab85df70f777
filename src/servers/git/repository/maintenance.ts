import { messageOf } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/log.ts';
import type { Git } from './git.ts';

export interface MaintenanceLimits {
  /** Changes of a repository after which it is packed again. */
  readonly changes: number;
  /** Milliseconds without a further change before that begins. */
  readonly idle: number;
}

/**
 * Packs repositories that have changed often, while nothing happens in them, one at a time. No push, fetch
 * or request ever waits for it: git keeps what a reader may still need.
 */
export class Maintenance {
  readonly #git: Git;
  readonly #log: Log;
  readonly #limits: MaintenanceLimits;
  readonly #changes = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(git: Git, log: Log, limits: MaintenanceLimits = { changes: 200, idle: 15_000 }) {
    this.#git = git;
    this.#log = log;
    this.#limits = limits;
  }

  /** Counts a change of a repository. */
  changed(folder: string): void {
    const changes = (this.#changes.get(folder) ?? 0) + 1;
    this.#changes.set(folder, changes);
    if (changes < this.#limits.changes) return;
    clearTimeout(this.#timers.get(folder));
    this.#timers.set(
      folder,
      setTimeout(() => {
        this.#timers.delete(folder);
        this.#running = this.#running.then(() => this.#pack(folder));
      }, this.#limits.idle).unref(),
    );
  }

  /** Drops what is planned for a repository that is going away. */
  forget(folder: string): void {
    clearTimeout(this.#timers.get(folder));
    this.#timers.delete(folder);
    this.#changes.delete(folder);
  }

  /** Plans nothing more. What is running is ended together with the server's other children. */
  close(): void {
    this.#closed = true;
    for (const folder of [...this.#timers.keys()]) this.forget(folder);
  }

  async #pack(folder: string): Promise<void> {
    if (this.#closed || !this.#changes.delete(folder)) return;
    try {
      await this.#git.run(['--git-dir', folder, 'gc', '--quiet', '--prune=1.day.ago']);
    } catch (error) {
      if (!this.#closed) this.#log.warn(`${folder} could not be packed: ${messageOf(error)}`);
    }
  }
}

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../../lib/errors.ts';

/**
 * Which processes a node has started, on disk, so that the next one ends those that a crash left behind. A process
 * is known by its id and its start time: ids are used again.
 */
export class ProcessRecords {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'processes');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  add(pid: number): void {
    const started = startTime(pid);
    if (started !== undefined) writeFileSync(join(this.#folder, String(pid)), started, { mode: 0o600 });
  }

  remove(pid: number): void {
    rmSync(join(this.#folder, String(pid)), { force: true });
  }

  /** Kills the process groups of the previous run that are still there; gives how many there were. */
  async endLeftOvers(): Promise<number> {
    let ended = 0;
    for (const name of readdirSync(this.#folder)) {
      const pid = Number(name);
      const file = join(this.#folder, name);
      if (Number.isInteger(pid) && pid > 1 && startTime(pid) === readFileSync(file, 'utf8')) {
        ended += 1;
        kill(pid, 'SIGKILL');
        for (let tries = 0; tries < 200 && startTime(pid) !== undefined; tries += 1) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
      rmSync(file, { force: true });
    }
    return ended;
  }
}

/** Signals a whole process group; one that is gone already is fine. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error;
  }
}

/** When a process was started, in a form that only compares; undefined when there is none. */
function startTime(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name, in parentheses, may have spaces: count from behind it. Field 3 is the state, 22 the start time.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    const time = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return time === '' ? undefined : time;
  } catch {
    return undefined;
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { readFileSync, rmSync, appendFileSync, existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Set in the environment of every process of a build, so that those which left their group are found as well. */
export const COOKIE = 'JENKINS_NODE_COOKIE';

/** How long processes may take to end after SIGTERM. */
const GRACE = 3000;

interface Started {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; undefined where there is no /proc. */
  readonly startTime: string | undefined;
  readonly cookie: string;
}

/**
 * The processes that builds have started: remembered on disk, so that a server which was killed ends, when it starts again, what
 * its builds have left behind.
 */
export class ProcessBook {
  readonly #file: string;
  readonly #groups = new Map<number, Started>();

  constructor(file: string) {
    this.#file = file;
  }

  /** Notes the leader of a process group. */
  started(pid: number, cookie: string): void {
    const entry = { pid, startTime: startTimeOf(pid), cookie };
    this.#groups.set(pid, entry);
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  }

  /** Ends what a build has left running: its groups, and what carries its cookie. */
  async endBuild(cookie: string): Promise<void> {
    const groups = [...this.#groups.values()].filter((entry) => entry.cookie === cookie);
    for (const { pid } of groups) this.#groups.delete(pid);
    await endAll(
      groups.map(({ pid }) => pid),
      [cookie],
    );
    if (this.#groups.size === 0) rmSync(this.#file, { force: true });
  }

  /** Ends what builds of an earlier server process have left running. @returns how many groups were found alive. */
  async endOrphans(): Promise<number> {
    if (!existsSync(this.#file)) return 0;
    const entries = readFileSync(this.#file, 'utf8')
      .split('\n')
      .flatMap((line): Started[] => {
        try {
          return line === '' ? [] : [JSON.parse(line) as Started];
        } catch {
          // The server was killed in the middle of this line.
          return [];
        }
      });
    // The same number may have been given to another program: only the same start time is the same process. A leader that
    // has ended already leaves its group to the cookie.
    const alive = entries.filter(
      ({ pid, startTime }) => startTime !== undefined && startTimeOf(pid) === startTime,
    );
    await endAll(
      alive.map(({ pid }) => pid),
      [...new Set(entries.map(({ cookie }) => cookie))],
    );
    rmSync(this.#file, { force: true });
    return alive.length;
  }
}

/** SIGTERM to a process group, and SIGKILL when it does not listen. */
export async function endGroup(pid: number, grace = GRACE): Promise<void> {
  if (!signalGroup(pid, 'SIGTERM')) return;
  for (const limit = Date.now() + grace; Date.now() < limit;) {
    await delay(20);
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, 'SIGKILL');
}

async function endAll(groups: readonly number[], cookies: readonly string[]): Promise<void> {
  await Promise.all(groups.map((pid) => endGroup(pid)));
  const strays = await withCookie(cookies);
  for (const pid of strays) signalOne(pid, 'SIGTERM');
  for (const limit = Date.now() + GRACE; strays.some((pid) => signalOne(pid, 0)) && Date.now() < limit;) {
    await delay(20);
  }
  for (const pid of strays) signalOne(pid, 'SIGKILL');
}

/** The processes whose environment carries one of the cookies; none where there is no /proc. */
async function withCookie(cookies: readonly string[]): Promise<number[]> {
  const wanted = cookies.map((cookie) => `${COOKIE}=${cookie}\0`);
  const names = await readdir('/proc').catch(() => []);
  const found: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
    if (wanted.some((text) => `${environment}\0`.includes(text))) found.push(Number(name));
  }
  return found;
}

function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program stands in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  return signalOne(-pid, signal);
}

function signalOne(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { leastEnvironment, run } from './process.ts';
import { systemCode } from './errors.ts';

/** Whether a process with this id runs, whoever's it is. One that has ended and waits for its parent does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/**
 * Whether the process is the one that we started: its command line holds `mark` as an argument. Process ids are used
 * again after a reboot, so an id alone says nothing.
 */
export async function isOurs(pid: number, mark: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return line.split('\0').includes(mark);
  }
  const { stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
    env: leastEnvironment(),
  });
  return stdout.includes(mark);
}

/** The process with this argument, looked for among all that run: for when what was written down about it is lost. */
export async function findOurs(mark: string): Promise<number | undefined> {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const ours = await Promise.all(pids.map((pid) => isOurs(pid, mark)));
    return pids.find((_pid, index) => ours[index]);
  }
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,command='], { env: leastEnvironment() });
  const line = stdout.split('\n').find((text) => text.includes(mark));
  return line === undefined ? undefined : Number.parseInt(line, 10);
}

/** Asks a process to end, waits for it, and ends it by force when it does not within `patience` milliseconds. */
export async function endProcess(pid: number, patience: number): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (systemCode(error) === 'ESRCH') return;
      throw error;
    }
    const deadline = Date.now() + patience;
    while (Date.now() < deadline) {
      if (!isAlive(pid)) return;
      await delay(10);
    }
  }
}

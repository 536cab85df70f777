import { join } from 'node:path';
import { mkdir, rmdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { PlaygroundError, messageOf, systemCode } from './errors.ts';
import { ensurePrivateDir } from './fs.ts';
import { playgroundsHome } from './home.ts';

/** A lock is refreshed every second; one that was not for two is left over from a killed process and is taken over. */
const STALE_MS = 2000;
/** Long enough for a lock whose process was killed to be stale, whose time may be rounded up to a whole second. */
const PATIENCE_MS = 3600;
const LOOK_MS = 100;

/**
 * Does `work` while no other command changes the playground of this name.
 * @throws PlaygroundError `busy` when another command is at work on it, `home-unwritable`.
 */
export async function withPlaygroundLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const home = playgroundsHome();
  // Whatever the work makes in there is for its owner's eyes alone.
  process.umask(0o077);
  try {
    await ensurePrivateDir(home);
  } catch (error) {
    throw unwritable(home, error);
  }
  const folder = join(home, '.locks');
  const release = await takeLock(folder, name).catch((error: unknown) => {
    if (systemCode(error) !== 'ELOCKED') throw unwritable(home, error);
    throw new PlaygroundError({
      code: 'busy',
      message: `another command is changing the playground "${name}"`,
      hint: 'wait until it is done, then try again',
      cause: error,
    });
  });
  try {
    return await work();
  } finally {
    await release();
    // Nothing is left behind where this was the last playground.
    await rmdir(folder).catch(() => undefined);
    await rmdir(home).catch(() => undefined);
  }
}

/** Waits for its turn; whoever had the lock before takes the folder away as well, where it was the last one in it. */
async function takeLock(folder: string, name: string): Promise<() => Promise<void>> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await mkdir(folder, { recursive: true });
      return await lock(join(folder, name), { realpath: false, stale: STALE_MS, update: STALE_MS / 2 });
    } catch (error) {
      const code = systemCode(error) ?? '';
      if (!['ELOCKED', 'ENOENT'].includes(code) || performance.now() > end) throw error;
      if (code === 'ELOCKED') await delay(LOOK_MS);
    }
  }
}

function unwritable(home: string, error: unknown): PlaygroundError {
  const full = systemCode(error) === 'ENOSPC';
  return new PlaygroundError({
    code: 'home-unwritable',
    message: `cannot write to ${home}: ${full ? 'the disk is full' : messageOf(error)}`,
    hint: full
      ? 'free some space on that disk'
      : 'mend its permissions, or set GITOPS_PLAYGROUND_HOME to another folder',
    cause: error,
  });
}

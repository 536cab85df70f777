import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { gte } from 'semver';
import { messageOf } from '../../lib/errors.ts';
import { playgroundsHome } from '../../lib/home.ts';
import { leastEnvironment, run } from '../../lib/process.ts';
import type { Finding } from '../engine.ts';

/** The Git server merges without a work tree by `git merge-tree --write-tree`, which came with 2.38. */
const OLDEST_GIT = '2.38.0';
const OLDEST_NODE = '20.19.0';
const SPACE_NEEDED = 200 * 1024 * 1024;

/** Looks at what the embedded engine needs of this machine. Changes nothing. */
export async function preflight(): Promise<Finding[]> {
  return [node(process.versions.node), await git(), await space(playgroundsHome())];
}

function node(version: string): Finding {
  const title = 'Node';
  if (gte(version, OLDEST_NODE)) return { title, level: 'ok', detail: `version ${version}` };
  return {
    title,
    level: 'fail',
    detail: `version ${version} is too old`,
    mend: 'install Node 20.19 or newer',
  };
}

async function git(): Promise<Finding> {
  const title = 'git';
  const mend = 'install git 2.38 or newer and make sure that it is on the PATH';
  try {
    const { stdout } = await run('git', ['--version'], { env: leastEnvironment() });
    const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '0.0.0';
    if (gte(version, OLDEST_GIT)) return { title, level: 'ok', detail: `version ${version}` };
    return { title, level: 'fail', detail: `version ${version} is too old`, mend };
  } catch (error) {
    return { title, level: 'fail', detail: messageOf(error), mend };
  }
}

async function space(folder: string): Promise<Finding> {
  const title = 'Disk';
  for (let place = folder; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place);
      const free = bavail * bsize;
      const detail = `${Math.round(free / 1024 / 1024)} MB free at ${place}`;
      if (free >= SPACE_NEEDED) return { title, level: 'ok', detail };
      return {
        title,
        level: 'fail',
        detail,
        mend: `free ${SPACE_NEEDED / 1024 / 1024} MB there, or set GITOPS_PLAYGROUND_HOME to a folder on another disk`,
      };
    } catch (error) {
      if (dirname(place) === place) return { title, level: 'warn', detail: messageOf(error) };
    }
  }
}

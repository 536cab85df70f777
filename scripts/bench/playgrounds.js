import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Many playgrounds side by side, as on a trainer's machine: each one's loop is proven when it starts, and once more, from a push
 * to the answer in staging, while all run. Tells what each holds in memory.
 * @param bench what the benchmark measures with.
 */
export async function playgrounds(
  count,
  { folder, home, cli, cliJson, measureCommits, summary, note, timed },
) {
  const names = Array.from({ length: count }, (_, index) => `class-${String(index + 1).padStart(2, '0')}`);
  const ups = [];
  const commits = [];
  const each = [];
  try {
    for (const name of names) {
      note(`up ${name}`);
      ups.push(await timed(() => cliJson('up', '--name', name)));
    }
    for (const [index, name] of names.entries()) {
      note(`a commit in ${name}`);
      const clone = join(folder, name);
      await cli('clone', 'storefront', clone, '--name', name);
      const staging = ups[index].result.applications.find(({ stage }) => stage === 'staging').url;
      commits.push(...(await measureCommits(staging, clone, 1, 'commit among many')));
    }
    for (const name of names) {
      const { phase } = await cliJson('status', '--name', name);
      each.push({ name, phase, ...memoryOf(join(home, name)) });
    }
  } finally {
    await cli('down', '--all', '--yes');
  }
  return {
    count,
    ready: each.filter(({ phase }) => phase === 'ready').length,
    up: summary(ups.map(({ took }) => took)),
    commitToAnsweredInStaging: summary(commits),
    proportionalMBOfAll: each.reduce((total, { proportionalMB }) => total + proportionalMB, 0),
    each,
  };
}

/**
 * Megabytes of the daemon and of its pods, and what of both is its own when memory that processes share is divided among them.
 */
function memoryOf(folder) {
  const { pid } = JSON.parse(readFileSync(join(folder, 'daemon.json'), 'utf8'));
  const daemon = memoryOfProcess(pid);
  const pods = descendants(pid).map(memoryOfProcess);
  const sum = (key) => pods.reduce((total, pod) => total + pod[key], 0);
  return {
    daemonMB: Math.round(daemon.resident),
    podsMB: Math.round(sum('resident')),
    proportionalMB: Math.round(daemon.proportional + sum('proportional')),
  };
}

function memoryOfProcess(pid) {
  const rollup = readProcess(`/proc/${pid}/smaps_rollup`);
  const megabytes = (field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0) / 1024;
  return { resident: megabytes('Rss'), proportional: megabytes('Pss') };
}

function descendants(pid) {
  const children = readProcess(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  return children.flatMap((child) => [Number(child), ...descendants(Number(child))]);
}

/** Empty for a process that has ended, as those of a build do. */
function readProcess(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

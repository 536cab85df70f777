/**
 * Measures a playground on the embedded engine and prints one JSON document. Every figure stands beside the floor of
 * the same machine in the same run, so that a ratio means something where a number of milliseconds does not.
 *
 *     npm run bench [-- --commits N] [--playgrounds N]
 *
 * It takes some five minutes, of which the playgrounds side by side (20 unless told) are the half; `--playgrounds 0` leaves them out.
 */
import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dashboardTimes } from './bench/dashboard.js';
import { exercises } from './bench/exercises.js';
import { gitServers } from './bench/git-servers.js';
import { playgrounds } from './bench/playgrounds.js';
import { registries } from './bench/registries.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'bin', 'gitops-playground.cjs');
const wish = (flag, otherwise) => {
  const place = process.argv.indexOf(flag);
  return place < 0 ? otherwise : Number(process.argv[place + 1]);
};
const commits = wish('--commits', 20);
const sideBySide = wish('--playgrounds', 20);
const BUILDS_FOR_MEMORY = 50;
const LIMIT_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'playground-bench-'));
const env = { PATH: process.env.PATH, HOME: folder, GITOPS_PLAYGROUND_HOME: join(folder, 'home') };
const note = (text) => process.stderr.write(`${text}\n`);

const ms = (value) => Math.round(value * 10) / 10;
const percentile = (values, share) =>
  ms([...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * share) - 1)]);
const summary = (values) => ({
  median: percentile(values, 0.5),
  p95: percentile(values, 0.95),
  n: values.length,
});

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { took: performance.now() - start, result };
}

const cli = (...args) => execa(process.execPath, [program, ...args], { env, extendEnv: false, cwd: folder });
const cliJson = async (...args) => JSON.parse((await cli(...args, '--json')).stdout);
const git = (cwd, ...args) => execa('git', ['-C', cwd, ...args], { env, extendEnv: false });

async function until(what, condition) {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await delay(4);
  }
}

/** Asked as curl does it, by a new connection each time: one that is kept leads to the pod that it began with. */
const revisionAt = async (url) =>
  (await (await fetch(`${url}/version`, { headers: { connection: 'close' } })).json()).revision;

/** Megabytes that the daemon holds in memory, without its pods. */
function daemonMemory() {
  const { pid } = JSON.parse(readFileSync(join(folder, 'home', 'default', 'daemon.json'), 'utf8'));
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024);
}

async function repeat(times, measure) {
  const values = [];
  for (let time = 0; time < times; time += 1) values.push(await measure(time));
  return values;
}

async function measureUp() {
  const cold = await repeat(3, async (time) => {
    if (time > 0) await cli('down', '--yes');
    return (await timed(() => cliJson('up'))).took;
  });
  const warm = await repeat(3, async () => (await timed(() => cliJson('up'))).took);
  const { durations } = await cliJson('up');
  return { cold: summary(cold), warm: summary(warm), warmTasks: durations };
}

/** `goto` to each exercise and `exercise check` there, with the slowest of each by its name. */
async function measureExercises() {
  const attempt = (...args) =>
    execa(process.execPath, [program, ...args], { env, extendEnv: false, cwd: folder, reject: false });
  const { goto, check } = await exercises({ cli: attempt, cliJson, timed });
  const told = (measured) => {
    const slowest = measured.reduce((one, other) => (one.took > other.took ? one : other));
    return { ...summary(measured.map(({ took }) => took)), slowest: { [slowest.id]: ms(slowest.took) } };
  };
  return { goto: told(goto), check: told(check) };
}

/** From the start of `git push` until staging answers with the commit. */
async function measureCommits(staging, clone, count, label) {
  return repeat(count, async (time) => {
    writeFileSync(join(clone, 'note.txt'), `${label} ${time}\n`);
    await git(clone, 'add', '--all');
    await git(clone, 'commit', '--quiet', '--message', `${label} ${time}`);
    const revision = (await git(clone, 'rev-parse', 'HEAD')).stdout;
    return (
      await timed(async () => {
        await git(clone, 'push', '--quiet');
        await until(
          `staging to answer with ${revision}`,
          async () => (await revisionAt(staging)) === revision,
        );
      })
    ).took;
  });
}

/** What the same work costs without any server: git on the file system, tar and SHA-256 of the layer, node until it listens. */
async function measureFloors(clone) {
  const bare = join(folder, 'floor.git');
  await execa('git', ['clone', '--quiet', '--bare', clone, bare], { env, extendEnv: false });
  const push = await repeat(5, async (time) => {
    await git(clone, 'commit', '--quiet', '--allow-empty', '--message', `floor ${time}`);
    return (await timed(() => git(clone, 'push', '--quiet', bare, 'HEAD:main'))).took;
  });
  await git(clone, 'reset', '--quiet', '--hard', 'origin/main');
  const cloned = await repeat(5, async (time) => {
    const target = join(folder, `floor-${time}`);
    return (await timed(() => execa('git', ['clone', '--quiet', bare, target], { env, extendEnv: false })))
      .took;
  });
  const layer = await repeat(5, async () => {
    const { took } = await timed(async () => {
      const { stdout } = await execa('tar', ['czf', '-', '-C', clone, 'src', 'package.json'], {
        encoding: 'buffer',
      });
      createHash('sha256').update(stdout).digest('hex');
    });
    return took;
  });
  const listening = await repeat(5, async () => {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const child = execa(process.execPath, ['src/server.js'], {
      cwd: clone,
      env: { PORT: String(port) },
      reject: false,
    });
    const { took } = await timed(() =>
      until('node to listen', async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok),
    );
    child.kill();
    await child;
    return took;
  });
  return {
    gitPush: summary(push),
    gitClone: summary(cloned),
    tarAndSha256: summary(layer),
    nodeToListening: summary(listening),
  };
}

/** What an installation from the tarball brings. */
async function measureInstallation() {
  const { stdout } = await execa('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  const target = join(folder, 'installed');
  await execa('npm', [
    'install',
    '--offline',
    '--no-audit',
    '--no-fund',
    '--prefix',
    target,
    join(folder, stdout.trim()),
  ]);
  const packages = readdirSync(join(target, 'node_modules')).filter((name) => !name.startsWith('.'));
  return {
    packages: packages.length,
    tarballBytes: statSync(join(folder, stdout.trim())).size,
    installedBytes: sizeOf(target),
  };
}

function sizeOf(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

async function main() {
  note('up, cold and warm');
  const up = await measureUp();
  const status = await cliJson('status');
  const idle = daemonMemory();
  const staging = status.applications.find(({ stage }) => stage === 'staging').url;
  const clone = join(folder, 'storefront');
  await cli('clone', 'storefront');

  note('floors');
  const floors = await measureFloors(clone);
  note(`${commits} commits`);
  const answered = await measureCommits(staging, clone, commits, 'measured commit');
  note('dashboard');
  const { url: dashboardUrl } = await cliJson('open');
  const dashboard = await dashboardTimes({
    url: dashboardUrl,
    times: Math.min(commits, 10),
    push: async (time) => {
      writeFileSync(join(clone, 'note.txt'), `shown commit ${time}\n`);
      await git(clone, 'add', '--all');
      await git(clone, 'commit', '--quiet', '--message', `shown commit ${time}`);
      await git(clone, 'push', '--quiet');
      const pushed = performance.now();
      return { pushed, revision: (await git(clone, 'rev-parse', 'HEAD')).stdout };
    },
    settled: (revision) =>
      until(`staging to answer with ${revision}`, async () => (await revisionAt(staging)) === revision),
  });
  note('status and reset');
  const statusTimes = await repeat(5, async () => (await timed(() => cliJson('status'))).took);
  note('memory');
  await measureCommits(staging, clone, Math.max(0, BUILDS_FOR_MEMORY - commits - 1), 'commit for memory');
  const after = daemonMemory();
  const resets = await repeat(3, async (time) => {
    await git(clone, 'fetch', '--quiet');
    await git(clone, 'reset', '--quiet', '--hard', 'origin/main');
    await measureCommits(staging, clone, 1, `commit before reset ${time}`);
    return (await timed(() => cliJson('reset', '--yes'))).took;
  });
  note('exercises');
  const exerciseTimes = await measureExercises();
  note('snapshot save and restore');
  const saved = await timed(() => cliJson('snapshot', 'save', 'bench'));
  const restores = await repeat(5, async (time) => {
    await git(clone, 'fetch', '--quiet');
    await git(clone, 'reset', '--quiet', '--hard', 'origin/main');
    await measureCommits(staging, clone, 1, `commit before restore ${time}`);
    return (await timed(() => cliJson('snapshot', 'restore', 'bench', '--yes'))).took;
  });
  await cli('down', '--yes');
  note('servers side by side');
  const servers = { git: await gitServers(folder), registry: await registries(folder) };
  const home = env.GITOPS_PLAYGROUND_HOME;
  const many =
    sideBySide > 0
      ? await playgrounds(sideBySide, { folder, home, cli, cliJson, measureCommits, summary, note, timed })
      : undefined;
  note('installation');
  const installation = await measureInstallation();

  process.stdout.write(
    `${JSON.stringify(
      {
        machine: {
          node: process.version,
          cpus: cpus().length,
          model: cpus()[0].model,
          memoryGB: Math.round(totalmem() / 2 ** 30),
        },
        unit: 'milliseconds unless the name says otherwise',
        up,
        commitToAnsweredInStaging: summary(answered),
        dashboard,
        reset: summary(resets),
        snapshot: { save: ms(saved.took), bytes: saved.result.saved.bytes, restore: summary(restores) },
        status: summary(statusTimes),
        exercises: exerciseTimes,
        daemonResidentMB: { idle, [`after${BUILDS_FOR_MEMORY}Builds`]: after },
        floors,
        servers,
        playgrounds: many,
        installation,
      },
      null,
      2,
    )}\n`,
  );
}

try {
  await main();
} finally {
  await cli('down', '--yes').catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
}

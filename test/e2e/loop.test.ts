import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGitea, type GiteaClient } from '../../src/clients/gitea.ts';
import { branchJob, createJenkins, revisionOf } from '../../src/clients/jenkins.ts';
import type { PlaygroundStatus } from '../../src/flow/status.ts';
import { packageRoot } from '../../src/lib/package.ts';
import { eventually } from '../support/eventually.ts';
import { isListening, processesOf } from '../support/leftovers.ts';
import { scenarioLimits } from '../support/patience.ts';
import { Cli, onPods, scenarioEngine } from '../support/playground.ts';
import { isInstalled, kubectlProgram } from '../support/programs.ts';
import { versionAt } from '../support/version-at.ts';

vi.setConfig(scenarioLimits);

const withKubectl = isInstalled(kubectlProgram, 'version', '--client');

/** The work of the README's two commands and of a first hour, from a packed tarball: each step stands on the one before. */
describe('the loop, from a tarball in an empty folder', () => {
  let folder: string;
  let cli: Cli;
  let status: PlaygroundStatus & { durations: Record<string, number> };
  let git: GiteaClient;
  let seeded: string;
  let pushed: string;

  const application = (stage: string) => status.applications.find((candidate) => candidate.stage === stage)!;
  const version = (stage: string) => versionAt(application(stage).url);
  const answersWith = (stage: string, revision: string) =>
    eventually(
      `${stage} to answer with ${revision}`,
      () => version(stage).catch(() => undefined),
      (answer) => answer?.revision === revision,
    );
  const inClone = (repository: string, ...args: string[]) =>
    execa('git', ['-C', join(folder, repository), '-c', 'commit.gpgsign=false', ...args], {
      env: { HOME: folder },
    });
  const commitAll = async (repository: string, message: string) => {
    await inClone(repository, 'add', '--all');
    await inClone(repository, 'commit', '--quiet', '--message', message);
    await inClone(repository, 'push', '--quiet');
    return (await inClone(repository, 'rev-parse', 'HEAD')).stdout;
  };
  const kubectl = (...args: string[]) =>
    execa(kubectlProgram, ['--kubeconfig', status.endpoints.kubernetes.kubeconfig, ...args], {
      env: { HOME: folder },
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'from-tarball-'));
    const packed = await execa(
      'npm',
      ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder],
      { cwd: packageRoot },
    );
    writeFileSync(join(folder, 'package.json'), '{}');
    await execa(
      'npm',
      ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed.stdout.trim())],
      { cwd: folder },
    );
    cli = new Cli({
      program: join(folder, 'node_modules', 'gitops-playground', 'bin', 'gitops-playground.cjs'),
    });
  });

  afterAll(async () => {
    await cli.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('installs as one package without dependencies', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'gitops-playground',
    ]);
  });

  test('brings programs and content, and no place of the machine that built it', async () => {
    const inside = join(folder, 'node_modules', 'gitops-playground');
    expect(readdirSync(inside).sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'package.json']);
    expect(readdirSync(join(inside, 'dist'))).not.toContain('bench');
    const { stdout } = await execa('grep', ['-rlF', packageRoot, inside], { reject: false });
    expect(stdout).toBe('');
  });

  test('up proves the loop: both stages answer with the same full commit id', async () => {
    status = await cli.json('up');
    git = createGitea({ url: status.endpoints.git.url, auth: status.endpoints.git });
    expect(status).toMatchObject({ name: 'default', engine: scenarioEngine, phase: 'ready' });
    expect(status.repositories.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'storefront app',
      'gitops gitops',
      'operator gitops',
      'pipeline-library library',
    ]);
    seeded = application('staging').revision;
    expect(seeded).toMatch(/^[0-9a-f]{40}$/);
    for (const stage of ['staging', 'production']) {
      expect(application(stage)).toMatchObject({ revision: seeded, sync: 'Synced', health: 'Healthy' });
      expect(await version(stage)).toEqual({
        app: 'storefront',
        stage,
        revision: seeded,
        image: application(stage).image,
        pod: expect.stringMatching(/^storefront-/),
      });
    }
    expect(Object.keys(status.durations)).toEqual(
      expect.arrayContaining(['engine', 'build', 'production', 'total']),
    );
  });

  test('the stages are reached by their host names as well', async () => {
    const { hostUrl } = application('staging');
    const { port, host } = new URL(hostUrl!);
    const { stdout } = await execa('curl', [
      '--silent',
      '--header',
      `Host: ${host}`,
      `http://127.0.0.1:${port}/version`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ stage: 'staging', revision: seeded });
  });

  test('a commit that is pushed arrives in staging, and only there', async () => {
    await cli.start(['clone', 'storefront'], { cwd: folder });
    const theme = join(folder, 'storefront', 'src', 'theme.js');
    const before = readFileSync(theme, 'utf8');
    writeFileSync(theme, `${before}\n// another look\n`);
    pushed = await commitAll('storefront', 'Look another way');
    await answersWith('staging', pushed);
    expect((await version('production')).revision).toBe(seeded);
  });

  test('a merged pull request brings it to production', async () => {
    const open = await eventually(
      'the pull request',
      () => git.listPulls('playground', 'gitops', 'open'),
      (pulls) => pulls.some(({ head }) => head.ref.includes(pushed.slice(0, 7))),
    );
    const pull = open.find(({ head }) => head.ref.includes(pushed.slice(0, 7)))!;
    expect(pull.body).toContain(pushed.slice(0, 7));
    await git.mergePull('playground', 'gitops', pull.number, { Do: 'merge' });
    await answersWith('production', pushed);
  });

  test('trace tells the way of that commit', async () => {
    const trace = await cli.json<{ revision: string; steps: { title: string; state: string }[] }>(
      'trace',
      pushed.slice(0, 8),
    );
    expect(trace.revision).toBe(pushed);
    expect(trace.steps.filter(({ state }) => state === 'missing' || state === 'failed')).toEqual([]);
    expect(trace.steps.map(({ title }) => title.trim())).toEqual(
      expect.arrayContaining(['commit', 'Test', 'Image', 'staging: sync', 'production: answers']),
    );
  });

  test('what is scaled by hand is healed', async (context) => {
    if (!withKubectl) context.skip('kubectl is not installed');
    const replicas = async () => {
      const { stdout } = await kubectl(
        'get',
        'deployment',
        'storefront',
        '-n',
        'staging',
        '-o',
        'jsonpath={.spec.replicas}',
      );
      return Number(stdout);
    };
    const wanted = await replicas();
    await kubectl('scale', 'deployment/storefront', '-n', 'staging', `--replicas=${wanted + 2}`);
    await eventually('the replicas of Git', replicas, (seen) => seen === wanted);
  });

  test('what is deleted from Git is pruned', async (context) => {
    if (!withKubectl) context.skip('kubectl is not installed');
    await cli.start(['clone', 'gitops'], { cwd: folder });
    rmSync(join(folder, 'gitops', 'staging', 'storefront', 'ingress.yaml'));
    await commitAll('gitops', 'Staging needs no host name');
    const ingresses = async () => (await kubectl('get', 'ingress', '-n', 'staging', '-o', 'name')).stdout;
    await eventually('the Ingress to be pruned', ingresses, (names) => names === '');
  });

  test('a broken manifest stops the build, which names the place', async () => {
    const manifest = join(folder, 'storefront', 'k8s', 'staging', 'deployment.yaml');
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8').replace('containerPort: 8080', 'containerPort: 8O'),
    );
    const broken = await commitAll('storefront', 'Break a port');
    const ci = createJenkins(status.endpoints.ci);
    const job = branchJob('storefront', 'main');
    const build = await eventually(
      'the failed build',
      async () =>
        (await ci.builds(job))?.find(
          (build) => revisionOf(build, 'playground/storefront') === broken && !build.building,
        ),
      (found) => found !== undefined,
    );
    expect(build!.result).toBe('FAILURE');
    const log = await ci.console(job, build!.number);
    expect(log).toMatch(/k8s\/staging\/deployment\.yaml:\d+:\d+/);
    expect(log).toContain('8O');
    expect((await version('staging')).revision).toBe(pushed);
  });

  test('reset brings back the seeded state', async () => {
    const after = await cli.json<PlaygroundStatus>('reset', '--yes');
    expect(after.phase).toBe('ready');
    expect(after.applications.map(({ revision }) => revision)).toEqual([seeded, seeded]);
    for (const stage of ['staging', 'production']) expect((await version(stage)).revision).toBe(seeded);
    expect(await git.listPulls('playground', 'gitops', 'open')).toEqual([]);
    const [newest] = await git.listCommits('playground', 'storefront', { limit: 1 });
    expect(newest?.sha).toBe(seeded);
  });

  test('down leaves nothing: no process, no port, no file', async () => {
    const ports = Object.values(status.endpoints).flatMap((endpoint) =>
      'url' in endpoint
        ? [Number(new URL(endpoint.url).port)]
        : 'host' in endpoint
          ? [Number(endpoint.host.split(':')[1])]
          : [],
    );
    expect(ports).toHaveLength(5);
    expect((await cli.run('down', '--yes')).exitCode).toBe(0);
    expect(processesOf(cli.home)).toEqual([]);
    expect(await Promise.all(ports.map(isListening))).toEqual(ports.map(() => false));
    // What was fetched for a cluster is kept for the next one.
    const left = onPods ? readdirSync(join(cli.home, 'playgrounds')) : readdirSync(cli.home);
    expect(left.filter((name) => (onPods ? name !== '.cache' : name === 'playgrounds'))).toEqual([]);
    expect((await cli.run('down', '--yes')).exitCode).toBe(0);
  });
});

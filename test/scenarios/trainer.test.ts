import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGitea, type GiteaClient } from '../../src/clients/gitea.ts';
import { branchJob, createJenkins, type Jenkins } from '../../src/clients/jenkins.ts';
import { Registry } from '../../src/clients/registry.ts';
import type { PlaygroundStatus } from '../../src/flow/status.ts';
import type { Trace } from '../../src/flow/trace.ts';
import { eventually } from '../support/eventually.ts';
import { scenarioLimits } from '../support/patience.ts';
import { Cli, onPods } from '../support/playground.ts';
import { Program } from '../support/program.ts';
import { isInstalled, kubectlProgram } from '../support/programs.ts';
import { versionAt } from '../support/version-at.ts';

vi.setConfig(scenarioLimits);

const owner = 'playground';
const application = 'storefront';
const job = branchJob(application, 'main');

/** What a trainer does to a playground, seen with the programs that participants use. */
describe.skipIf(!isInstalled(kubectlProgram, 'version', '--client'))('a trainer', () => {
  let cli: Cli;
  let up: PlaygroundStatus;
  let folder: string;
  let clone: string;
  let git: Program;
  let kubectl: Program;
  let gitea: GiteaClient;
  let ci: Jenkins;
  let registry: Registry;

  const playground = () => join(cli.home, 'playgrounds', 'default');
  const daemon = () =>
    (JSON.parse(readFileSync(join(playground(), 'daemon.json'), 'utf8')) as { pid: number }).pid;
  /** `status` as it is, also when it is not well. */
  const status = async () => JSON.parse((await cli.run('status', '--json')).stdout) as PlaygroundStatus;
  const broken = async () => ((await status()).broken ?? []).map(({ id }) => id);
  const done = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await cli.run(...args);
    expect(exitCode, `${args.join(' ')}\n${stderr}${stdout}`).toBe(0);
    return stdout;
  };
  const stage = (name: string) => up.applications.find((candidate) => candidate.stage === name)!;
  const revisionAt = async (name: string) => {
    const { url } = (await status()).applications.find((candidate) => candidate.stage === name)!;
    return (await versionAt(url)).revision;
  };
  const address = (repository: string) => {
    const { url, username, password } = up.endpoints.git;
    return `${url.replace('//', `//${username}:${password}@`)}/${owner}/${repository}.git`;
  };
  /** Commits a change of the application and pushes it. */
  const push = async (message: string) => {
    appendFileSync(join(clone, 'note.txt'), `${message}\n`);
    await git.run('-C', clone, 'add', '--all');
    await git.run('-C', clone, 'commit', '--quiet', '--message', message);
    await git.run('-C', clone, 'push', '--quiet', 'origin', 'HEAD:main');
    return (await git.run('-C', clone, 'rev-parse', 'HEAD')).trim();
  };
  const arrives = (revision: string) =>
    eventually(
      `staging to answer with ${revision}`,
      () => revisionAt('staging').catch(() => ''),
      (found) => found === revision,
      60_000,
    );
  /** The webhooks that start builds: the application's repository tells the dashboard as well. */
  const hooksToCi = async () =>
    (await gitea.listHooks(owner, application)).filter(({ config: { url = '' } }) =>
      url.includes('/gitea-webhook/post'),
    );
  /** The clone as the server's main branch is, after its history was changed. */
  const refresh = async () => {
    await git.run('-C', clone, 'fetch', '--quiet');
    await git.run('-C', clone, 'reset', '--quiet', '--hard', 'origin/main');
  };

  beforeAll(async () => {
    cli = new Cli();
    up = await cli.json<PlaygroundStatus>('up');
    folder = mkdtempSync(join(tmpdir(), 'trainer-'));
    clone = join(folder, application);
    git = new Program('git', {
      HOME: folder,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
    });
    kubectl = new Program(kubectlProgram, { HOME: folder, KUBECONFIG: up.endpoints.kubernetes.kubeconfig });
    gitea = createGitea({ url: up.endpoints.git.url, auth: up.endpoints.git });
    ci = createJenkins(up.endpoints.ci);
    registry = new Registry({ host: up.endpoints.registry.host });
    await git.run('clone', '--quiet', address(application), clone);
  });
  afterAll(async () => {
    await cli.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('who breaks something', () => {
    /** Parts that are pods of real products cannot be broken from outside. */
    const ofMachinery = test.skipIf(onPods);
    const mended = async () => {
      expect((await cli.json<{ healed: string[] }>('heal')).healed).not.toEqual([]);
      const after = await status();
      expect(after.broken).toBeUndefined();
      expect(after.phase).toBe('ready');
    };

    test('a wrong image leaves the new pod in ImagePullBackOff while the old one answers', async () => {
      await done('break', 'wrong-image');
      await eventually(
        'ImagePullBackOff',
        () => kubectl.run('get', 'pods', '-n', 'staging'),
        (text) => text.includes('ImagePullBackOff'),
      );
      expect(await revisionAt('staging')).toBe(stage('staging').revision);
      const { exitCode, stdout } = await cli.run('status');
      expect(exitCode).toBe(1);
      expect(stdout).toContain('broken on purpose: the GitOps repository names an image');
      // The person who looks in Git finds who it was.
      await git.run('clone', '--quiet', address('gitops'), join(folder, 'gitops'));
      expect(await git.run('-C', join(folder, 'gitops'), 'log', '-1', '--format=%an: %s')).toBe(
        'A colleague: Try the new version',
      );
      const refusal = await cli.run('break', 'crashing-pod');
      expect(refusal.exitCode).toBe(1);
      expect(refusal.stderr).toContain('would not be seen');
      await mended();
      await git.run('-C', join(folder, 'gitops'), 'pull', '--quiet');
      expect(await git.run('-C', join(folder, 'gitops'), 'diff', '--stat', 'HEAD~2')).toBe('');
    });

    test('a wrong setting sends the new pod into CrashLoopBackOff, and its log says why', async () => {
      await done('break', 'crashing-pod');
      const pods = await eventually(
        'CrashLoopBackOff',
        () => kubectl.run('get', 'pods', '-n', 'staging', '--no-headers'),
        (text) => text.includes('CrashLoopBackOff'),
      );
      const name = /^(\S+).*CrashLoopBackOff/m.exec(pods)?.[1] ?? '';
      expect(await kubectl.run('logs', '-n', 'staging', '--previous', name)).toContain('ERR_SOCKET_BAD_PORT');
      await mended();
    });

    test('a lost webhook fails its delivery and builds nothing, until it is mended', async () => {
      await done('break', 'lost-webhook');
      const builds = (await ci.builds(job, 50))?.length;
      const revision = await push('Nobody hears of this');
      if (!onPods) {
        // Gitea shows deliveries on its page alone.
        const [hook] = await hooksToCi();
        const path = `repos/${owner}/${application}/hooks/${hook?.id ?? 0}/deliveries`;
        await eventually(
          'the delivery to fail',
          () => gitea.http.json<{ state: string }[]>('GET', path),
          (found) => found[0]?.state === 'failed',
        );
      }
      expect((await ci.builds(job, 50))?.length).toBe(builds);
      await mended();
      // What nobody was told about is found.
      await arrives(revision);
      expect(await hooksToCi()).toHaveLength(1);
    });

    ofMachinery('a registry that is down refuses connections and fails builds', async () => {
      await done('break', 'registry-down');
      await expect(fetch(`http://${up.endpoints.registry.host}/v2/`)).rejects.toThrow();
      const revision = await push('Cannot be pushed as an image');
      const build = await eventually(
        'the build to end',
        async () => (await ci.builds(job, 1))?.[0],
        (found) => found?.building === false && found.result === 'FAILURE',
        60_000,
      );
      expect(await ci.console(job, build?.number ?? 0)).toContain('ECONNREFUSED');
      expect(await broken()).toEqual(['registry-down']);
      await mended();
      expect((await fetch(`http://${up.endpoints.registry.host}/v2/`)).status).toBe(200);
      await ci.trigger(job);
      await arrives(revision);
    });

    ofMachinery('a slow Git server lets clones hang for seconds', async () => {
      await done('break', 'slow-git');
      const start = performance.now();
      await git.run('ls-remote', address('gitops'));
      expect(performance.now() - start).toBeGreaterThan(3000);
      expect(await broken()).toEqual(['slow-git']);
      await mended();
      const { stdout } = await cli.run('break', '--list', '--json');
      expect((JSON.parse(stdout) as { faults: { broken: boolean }[] }).faults.some((one) => one.broken)).toBe(
        false,
      );
    });

    ofMachinery(
      'a node that is not ready keeps its pods, takes no new ones, and answers nothing',
      async () => {
        await done('break', 'node-not-ready');
        expect(await kubectl.run('get', 'nodes')).toContain('NotReady');
        expect(await kubectl.run('describe', 'nodes')).toContain('node.kubernetes.io/not-ready:NoSchedule');
        await expect(fetch(`${stage('staging').url}/version`)).rejects.toThrow();
        await kubectl.run('delete', 'pods', '--all', '-n', 'staging', '--wait=false');
        const pods = await eventually(
          'a pod to wait for a node',
          () => kubectl.run('get', 'pods', '-n', 'staging'),
          (text) => text.includes('Pending'),
        );
        expect(pods).toContain('Terminating');
        expect(await kubectl.run('get', 'events', '-n', 'staging')).toContain(
          'untolerated taint {node.kubernetes.io/not-ready: }',
        );
        await done('heal', 'node-not-ready');
        await eventually(
          'everything to be ready',
          async () => (await status()).phase,
          (phase) => phase === 'ready',
        );
        expect(await kubectl.run('get', 'nodes')).not.toContain('NotReady');
      },
    );

    ofMachinery('what is broken stays so over kill -9, and is mended by heal', async () => {
      await done('break', 'registry-down');
      await done('break', 'wrong-image');
      process.kill(daemon(), 'SIGKILL');
      await done('up');
      expect((await broken()).sort()).toEqual(['registry-down', 'wrong-image']);
      await expect(fetch(`http://${up.endpoints.registry.host}/v2/`)).rejects.toThrow();
      await mended();
      expect(await cli.json('heal')).toEqual({ healed: [] });
    });

    test('reset mends everything', async () => {
      const machinery = onPods ? [] : ['registry-down', 'node-not-ready'];
      for (const fault of ['crashing-pod', 'lost-webhook', ...machinery]) await done('break', fault);
      const after = await cli.json<PlaygroundStatus>('reset', '--yes');
      expect(after.phase).toBe('ready');
      expect(after.broken).toBeUndefined();
      expect(await revisionAt('staging')).toBe(stage('staging').revision);
      expect(await hooksToCi()).toHaveLength(1);
      await refresh();
    });

    test('an unknown fault is told with the nearest one, and changes nothing', async () => {
      const { exitCode, stderr } = await cli.run('break', 'wrong-imag');
      expect(exitCode).toBe(1);
      expect(stderr).toContain('did you mean "wrong-image"?');
      expect((await cli.run('heal', 'everything')).stderr).toContain('choose one of wrong-image');
      expect((await status()).phase).toBe('ready');
    });
  });

  describe.skipIf(onPods)('who keeps a snapshot (of the embedded engine alone)', () => {
    /** Everything that participants can see, as one text for each part. */
    const everything = async () => {
      const repositories = (await gitea.searchRepositories('', { limit: 50 })).map(({ name }) => name).sort();
      const seen: Record<string, unknown> = { repositories };
      for (const name of repositories) {
        const pulls = await gitea.listPulls(owner, name, 'all');
        seen[name] = {
          references: await git.run('ls-remote', address(name)),
          hooks: await gitea.listHooks(owner, name),
          pulls: await Promise.all(
            pulls.map(async ({ number, state, merged, title }) => ({
              number,
              state,
              merged,
              title,
              comments: (await gitea.listComments(owner, name, number)).map(({ body }) => body),
            })),
          ),
        };
      }
      const builds = (await ci.builds(job, 50)) ?? [];
      seen.builds = await Promise.all(
        builds.map(async ({ number, result }) => [number, result, await ci.console(job, number)]),
      );
      seen.images = await Promise.all(
        (await registry.repositories()).map(async (name) => {
          const tags = await registry.tags(name);
          return [name, await Promise.all(tags.map(async (tag) => [tag, await registry.resolve(name, tag)]))];
        }),
      );
      const kinds = 'deployments,services,configmaps,ingresses,applications,namespaces,secrets';
      const list = JSON.parse(await kubectl.run('get', kinds, '-A', '-o', 'json')) as {
        items: { kind: string; metadata: { name: string; uid: string }; spec?: unknown; data?: unknown }[];
      };
      seen.objects = list.items.map(({ kind, metadata, spec, data }) => [
        kind,
        metadata.name,
        metadata.uid,
        spec,
        data,
      ]);
      seen.answers = [await revisionAt('staging'), await revisionAt('production')];
      return seen;
    };
    let before: Record<string, unknown>;

    beforeAll(async () => {
      await arrives(await push('Worth keeping'));
      const pull = await eventually(
        'the pull request for production',
        async () => (await gitea.listPulls(owner, 'gitops', 'open'))[0],
        (found) => found !== undefined,
      );
      await gitea.createComment(owner, 'gitops', pull?.number ?? 0, 'Shall we?');
      await kubectl.run('create', 'configmap', 'by-hand', '-n', 'staging', '--from-literal=a=1');
      await eventually(
        'the build to end',
        async () => (await ci.builds(job, 1))?.[0]?.building,
        (building) => building === false,
      );
      before = await everything();
      const { saved } = await cli.json<{ saved: { name: string; stages: string[] } }>(
        'snapshot',
        'save',
        'kept',
      );
      expect(saved).toMatchObject({ name: 'kept', stages: ['staging', 'production'] });
    });

    const changeEverything = async () => {
      await refresh();
      const revision = await push('Soon forgotten');
      await arrives(revision);
      const pulls = await gitea.listPulls(owner, 'gitops', 'open');
      const newest = pulls.reduce((most, { number }) => Math.max(most, number), 0);
      await gitea.createComment(owner, 'gitops', newest, 'Yes');
      await gitea.mergePull(owner, 'gitops', newest, { Do: 'merge' });
      await gitea.createRepository(owner, { name: 'surplus', auto_init: true });
      const [hook] = await gitea.listHooks(owner, 'operator');
      await gitea.deleteHook(owner, 'operator', hook?.id ?? 0);
      await ci.deleteBuild(job, 1);
      const [image = ''] = (await registry.repositories()).filter((name) => name.includes(application));
      const [tag = ''] = await registry.tags(image);
      await registry.deleteManifest(image, (await registry.resolve(image, tag)) ?? '');
      await kubectl.run('delete', 'configmap', 'by-hand', '-n', 'staging');
      await kubectl.run('create', 'namespace', 'surplus');
      await kubectl.run('delete', 'deployment', application, '-n', 'production');
    };

    test('gets everything back: Git, pull requests, builds, images, live objects', async () => {
      await changeEverything();
      expect(await everything().catch(() => undefined)).not.toEqual(before);
      await done('snapshot', 'restore', 'kept', '--yes');
      expect(await everything()).toEqual(before);
      // Who was connected works on: the kubeconfig, the clone, and the loop.
      await refresh();
      await arrives(await push('After the snapshot'));
    });

    test('gets back what was broken on purpose, and can mend it', async () => {
      await done('break', 'lost-webhook');
      await done('break', 'registry-down');
      await done('snapshot', 'save', 'broken');
      await done('heal');
      await done('snapshot', 'restore', 'broken', '--yes');
      expect((await broken()).sort()).toEqual(['lost-webhook', 'registry-down']);
      await done('heal');
      expect((await status()).phase).toBe('ready');
    });

    test('may be interrupted by kill -9 at any moment of a restore, and repeat it', async () => {
      for (const delay of [150, 300, 400, 500, 600, 800]) {
        const restore = cli.start(['snapshot', 'restore', 'kept', '--yes']);
        await new Promise((resolve) => setTimeout(resolve, delay));
        restore.kill('SIGKILL');
        process.kill(daemon(), 'SIGKILL');
        await restore;
        // What is there is the one state or the other, and whole.
        const { phase } = await cli.json<PlaygroundStatus>('up');
        expect(phase).toBe('ready');
      }
      await done('snapshot', 'restore', 'kept', '--yes');
      expect(await everything()).toEqual(before);
    });

    test('has nothing half when a save is interrupted', async () => {
      for (const [index, delay] of [200, 300, 400, 600].entries()) {
        const save = cli.start(['snapshot', 'save', `half-${index}`]);
        await new Promise((resolve) => setTimeout(resolve, delay));
        save.kill('SIGKILL');
        await save;
      }
      const { snapshots } = await cli.json<{ snapshots: { name: string; problem?: string }[] }>(
        'snapshot',
        'list',
      );
      expect(snapshots.filter(({ problem }) => problem !== undefined)).toEqual([]);
      await done('snapshot', 'save', 'whole');
      expect(readdirSync(join(playground(), 'snapshots')).filter((name) => name.startsWith('.'))).toEqual([]);
      for (const { name } of snapshots.filter((one) => one.name.startsWith('half-')))
        await done('snapshot', 'restore', name, '--yes');
      expect(await everything()).toEqual(before);
    });

    test('is told what cannot be restored, and nothing changes', async () => {
      await done('snapshot', 'save', 'sound');
      const now = await everything();
      const folderOf = (name: string) => join(playground(), 'snapshots', name);
      const rewrite = (change: (document: Record<string, unknown>) => void) => {
        const file = join(folderOf('sound'), 'snapshot.json');
        const original = readFileSync(file, 'utf8');
        const document = JSON.parse(original) as Record<string, unknown>;
        change(document);
        writeFileSync(file, JSON.stringify(document));
        return () => writeFileSync(file, original);
      };
      const refused = async (name: string, words: string, exitCode = 1) => {
        const result = await cli.run('snapshot', 'restore', name, '--yes');
        expect(result.exitCode, result.stderr).toBe(exitCode);
        expect(result.stderr).toContain(words);
      };
      await refused('unknown', 'there is no snapshot "unknown", but');
      await refused('../default', 'use lower-case letters', 2);
      expect((await cli.run('snapshot', 'save', 'a/b')).exitCode).toBe(2);
      expect((await cli.run('snapshot', 'save', 'kept')).stderr).toContain(
        'there is a snapshot "kept" already',
      );
      expect((await cli.run('snapshot', 'keep', 'it')).exitCode).toBe(2);
      let back = rewrite((document) => (document.version = 99));
      await refused('sound', 'is of version 99');
      back();
      back = rewrite((document) => (document.playground = 'another'));
      await refused('sound', 'is of another playground');
      back();
      const journal = join(folderOf('sound'), 'data', 'git', 'metadata.jsonl');
      const content = readFileSync(journal, 'utf8');
      writeFileSync(journal, content.replace('a', 'b'));
      await refused('sound', 'is damaged');
      const listed = JSON.parse((await cli.run('snapshot', 'list', '--json')).stdout) as {
        snapshots: { name: string }[];
      };
      expect(listed.snapshots.map(({ name }) => name)).toContain('sound');
      await done('snapshot', 'delete', 'sound', '--yes');
      await refused('sound', 'there is no snapshot "sound"');
      expect(await everything()).toEqual(now);
    });
  });

  test('watches a commit travel, live', async () => {
    await refresh();
    const watch = cli.start(['trace', '--watch', '--commits', '1', '--json']);
    // It follows what comes after its first look.
    const seen = new Promise<void>((resolve) => {
      const again = setInterval(() => {
        push('To be watched').then(
          () => undefined,
          () => undefined,
        );
      }, 4000);
      watch.stderr?.once('data', () => {
        clearInterval(again);
        resolve();
      });
    });
    await seen;
    const { stdout, exitCode, stderr } = await watch;
    expect(exitCode).toBe(0);
    expect(String(stderr)).toMatch(/running {2}build \d+ of main|done {5}build \d+ of main/);
    const { commits } = JSON.parse(String(stdout)) as { commits: Trace[] };
    const steps = commits[0]?.steps.filter(({ state }) => state === 'done').map(({ id }) => id);
    expect(steps).toEqual(
      expect.arrayContaining(['push', 'webhook', 'build', 'staging/sync', 'staging/answer']),
    );
    expect((await cli.run('trace', '--commits', '1')).exitCode).toBe(2);
  });

  test('gets a report, also when nothing was done yet', async () => {
    expect(await cli.json('report')).toMatchObject({ playground: 'default', exercises: [], events: [] });
    const file = join(folder, 'report.html');
    await done('report', '--out', file);
    expect(readFileSync(file, 'utf8')).toContain('No exercise was started.');
    const refusal = await cli.run('report', '--json', '--out', join(folder, 'none', 'report.html'));
    expect(refusal.exitCode).toBe(1);
    expect(JSON.parse(refusal.stdout)).toMatchObject({ error: { code: 'file-unwritable' } });
  });
});

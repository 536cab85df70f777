import { systemCode } from '../../src/lib/errors.ts';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGitea, type GiteaClient } from '../../src/clients/gitea.ts';
import { branchJob, createJenkins } from '../../src/clients/jenkins.ts';
import { connectKubernetes, type KubernetesClient, type KubeObject } from '../../src/clients/kubernetes.ts';
import { Registry } from '../../src/clients/registry.ts';
import type { ImageManifest } from '../../src/clients/oci.ts';
import type { PlaygroundStatus } from '../../src/flow/status.ts';
import { eventually } from '../support/eventually.ts';
import { processesOf } from '../support/leftovers.ts';
import { Cli, onPods } from '../support/playground.ts';

const SECRET = 'from-the-shell-of-the-person';

/** What a client sees that was cut off before it could read the answer; anything else is a failure. */
function brokenPipe(error: unknown): { readonly status: number } {
  if (['EPIPE', 'ECONNRESET'].includes(systemCode(error) ?? '')) return { status: 0 };
  throw error;
}

/** Bad input gets a clear error (what happened, why, what helps) and loses nothing. One playground bears it all. */
describe.skipIf(onPods)(
  'bad input (it damages files of the embedded servers: skipped where the parts are pods)',
  () => {
    let cli: Cli;
    let up: PlaygroundStatus;
    let git: GiteaClient;
    let cluster: KubernetesClient;
    let folder: string;
    let onOwnDisk: boolean;
    const owner = 'playground';

    /** `status` as it is, also when it is not well (exit code 1). */
    const look = async () => JSON.parse((await cli.run('status', '--json')).stdout) as PlaygroundStatus;
    const daemon = () =>
      (JSON.parse(readFileSync(join(folder, 'daemon.json'), 'utf8')) as { pid: number }).pid;
    const revisions = async () =>
      Promise.all(
        up.applications.map(
          async ({ url }) =>
            ((await (await fetch(`${url}/version`)).json()) as { revision: string }).revision,
        ),
      );
    const answering = async () => {
      expect(await revisions()).toEqual(up.applications.map(({ revision }) => revision));
    };
    const stop = async () => {
      process.kill(daemon(), 'SIGTERM');
      await eventually(
        'the daemon to end',
        () => processesOf(cli.home),
        (found) => found.length === 0,
      );
    };
    const ready = async () => {
      expect((await cli.json<PlaygroundStatus>('up')).phase).toBe('ready');
      await answering();
    };
    const application = (name: string) =>
      cluster.get<
        KubeObject & {
          status?: { conditions?: { type: string; message: string }[]; sync?: { status?: string } };
        }
      >({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', namespace: 'argocd', name });

    beforeAll(async () => {
      cli = new Cli({ env: { SECRET } });
      // A small disk of its own, where the system lets us mount one, so that it can be filled.
      const home = join(cli.home, 'playgrounds');
      mkdirSync(home);
      onOwnDisk =
        process.platform === 'linux' &&
        !execaSync('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'tmpfs', home], { reject: false }).failed;
      up = await cli.json<PlaygroundStatus>('up');
      folder = join(home, 'default');
      git = createGitea({ url: up.endpoints.git.url, auth: up.endpoints.git });
      cluster = await connectKubernetes({
        file: up.endpoints.kubernetes.kubeconfig,
        context: up.endpoints.kubernetes.context,
      });
    }, 90_000);
    afterAll(async () => {
      await cli.run('down', '--yes');
      if (onOwnDisk) execaSync('umount', ['-l', join(cli.home, 'playgrounds')], { reject: false });
      await cli.dispose();
    }, 60_000);

    describe('over HTTP', () => {
      /** Every listener of the playground itself; the ports of workloads are the workloads' own. */
      const listeners = () => {
        const { dashboard, git: source, registry, ci, gitops } = up.endpoints;
        return {
          dashboard: dashboard.url,
          git: source.url,
          registry: `http://${registry.host}`,
          ci: ci.url,
          gitops: gitops.url,
          kubernetes: apiServer().server,
        };
      };
      const apiServer = () => {
        const file = parse(readFileSync(up.endpoints.kubernetes.kubeconfig, 'utf8')) as {
          clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
          users: { user: { token: string } }[];
        };
        return {
          server: file.clusters[0]?.cluster.server ?? '',
          ca: Buffer.from(file.clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64'),
          token: file.users[0]?.user.token ?? '',
        };
      };
      const send = (
        url: string,
        headers: Readonly<Record<string, string | undefined>>,
        { method = 'GET', path = '/', body }: { method?: string; path?: string; body?: Buffer } = {},
      ) =>
        new Promise<{ status: number; text: string }>((resolve, reject) => {
          const { protocol, hostname, port } = new URL(url);
          const request = protocol === 'https:' ? httpsRequest : httpRequest;
          const sent = request(
            {
              hostname,
              port,
              path,
              method,
              headers,
              agent: false,
              ...(protocol === 'https:' ? { ca: apiServer().ca, servername: 'localhost' } : {}),
            },
            (response) => {
              let text = '';
              response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
              response.on('end', () => {
                resolve({ status: response.statusCode ?? 0, text });
              });
            },
          );
          sent.on('error', reject);
          sent.end(body);
        });

      test('a foreign Host or Origin is refused by every listener', async () => {
        for (const [name, url] of Object.entries(listeners())) {
          const { status, text } = await send(url, { host: 'evil.example' });
          expect([name, status]).toEqual([name, 421]);
          expect(text).toContain('evil.example');
          expect([name, (await send(url, { origin: 'http://evil.example' })).status]).toEqual([name, 403]);
          expect([name, (await send(url, { origin: 'null' })).status]).toEqual([name, 403]);
        }
      });

      test('the ingress serves names of this machine only; what an Origin means is the application’s to say', async () => {
        const [staging] = up.applications;
        const ingress = new URL(staging?.hostUrl ?? '');
        const at = `http://127.0.0.1:${ingress.port}`;
        expect((await send(at, { host: 'evil.example' })).status).toBe(421);
        expect((await send(at, { host: `unknown.localhost:${ingress.port}` })).status).toBe(404);
        const own = { host: ingress.host, origin: 'http://evil.example' };
        expect((await send(at, own, { path: '/version' })).status).toBe(200);
      });

      /** A request line as it is: no client mends the path. */
      const raw = (url: string, path: string, headers = '') =>
        new Promise<string>((resolve, reject) => {
          const { port } = new URL(url);
          const socket = connect(Number(port), '127.0.0.1', () => {
            socket.write(
              `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}Connection: close\r\n\r\n`,
            );
          });
          let text = '';
          socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          socket.on('end', () => {
            resolve(text);
          });
          socket.on('error', reject);
        });

      test('no path leads out of the folders that are served', async () => {
        const { git: source, registry, ci } = listeners();
        const login = `Authorization: Basic ${Buffer.from(`${up.endpoints.ci.username}:${up.endpoints.ci.password}`).toString('base64')}\r\n`;
        const ways = ['/../', '/%2e%2e/', '/..%2f', '/%2e%2e%2f', '/..%5c', '/%252e%252e/', '/.%00./'];
        const before = [
          [source, '/playground/storefront.git', '/HEAD'],
          [source, '/playground', '/storefront.git/info/refs?service=git-upload-pack'],
          [source, '/api/v1/repos/playground/storefront/contents', '/config'],
          [source, '/playground/storefront/raw/branch/main', '/HEAD'],
          [registry, '/v2/playground/storefront/blobs', '/catalog.jsonl'],
          [registry, '/v2/playground', '/manifests/latest'],
          [registry, '/v2/playground/storefront/blobs/uploads', '/catalog.jsonl'],
          [ci, '/job/storefront/job/main/1/artifact', '/credentials.json'],
          [ci, '/job/storefront', '/secret.key'],
        ] as const;
        const secrets = [up.endpoints.git.password, 'repositoryformatversion', '"op":', 'ref: refs/'];
        for (const [url, start, end] of before) {
          for (const way of ways) {
            const answer = await raw(url, `${start}${way.repeat(4)}${end.slice(1)}`, login);
            expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
            for (const secret of secrets) expect(answer).not.toContain(secret);
          }
        }
      });

      test('a body that is too large is answered with 413, whether it tells its length or not', async () => {
        const { git: source, registry, ci, gitops, kubernetes } = listeners();
        const login = `Basic ${Buffer.from(`${up.endpoints.git.username}:${up.endpoints.git.password}`).toString('base64')}`;
        const bearer = { authorization: `Bearer ${apiServer().token}` };
        const body = Buffer.alloc(17 * 1024 * 1024 + 1, ' ');
        const json = { 'content-type': 'application/json' };
        const targets = [
          [source, 'POST', '/api/v1/user/repos', { ...json, authorization: login }],
          [ci, 'POST', '/gitea-webhook/post', json],
          [gitops, 'POST', '/api/webhook', json],
          [registry, 'PUT', '/v2/a/b/manifests/x', {}],
          [kubernetes, 'POST', '/api/v1/namespaces/default/configmaps', { ...json, ...bearer }],
        ] as const;
        for (const [url, method, path, headers] of targets) {
          for (const length of [
            { 'content-length': String(body.length) },
            { 'transfer-encoding': 'chunked' },
          ]) {
            // A server may answer and close while the rest is still being sent, which a client can see as a broken pipe.
            const { status } = await eventually(
              `an answer to ${path}`,
              () => send(url, { ...headers, ...length }, { method, path, body }).catch(brokenPipe),
              (answer) => answer.status !== 0,
            );
            expect([path, status]).toEqual([path, 413]);
          }
        }
        await answering();
      }, 60_000);
    });

    describe('in repositories', () => {
      test('a push with a wrong password says so in words that git shows', () => {
        const url = new URL(up.endpoints.git.url);
        const at = (password: string) =>
          `http://${up.endpoints.git.username}:${password}@${url.host}/${owner}/gitops.git`;
        const env = { PATH: process.env.PATH ?? '', HOME: cli.home, GIT_TERMINAL_PROMPT: '0' };
        const clone = join(cli.home, 'wrong-password');
        execaSync('git', ['clone', '-q', at('wrong'), clone], { env, extendEnv: false });
        execaSync(
          'git',
          [
            '-C',
            clone,
            '-c',
            'user.name=A',
            '-c',
            'user.email=a@example.com',
            'commit',
            '-q',
            '--allow-empty',
            '-m',
            'Try',
          ],
          { env, extendEnv: false },
        );
        const { exitCode, stderr } = execaSync('git', ['-C', clone, 'push', 'origin', 'main'], {
          env,
          extendEnv: false,
          reject: false,
        });
        expect(exitCode).not.toBe(0);
        expect(stderr).toMatch(/Authentication failed|password/);
        expect(stderr).not.toContain('wrong@');
      });

      test('a manifest that does not parse is named with its line by the Application, and what runs stays', async () => {
        const path = 'staging/storefront/broken.yaml';
        const made = await git.createFile(owner, 'gitops', path, 'kind: ConfigMap\nmetadata: {name: [\n', {
          message: 'Break it',
        });
        const { status } = await eventually(
          'the Application to say what is wrong',
          () => application('storefront-staging'),
          (found) => found.status?.conditions?.some(({ type }) => type === 'ComparisonError') === true,
        );
        expect(status?.conditions?.[0]?.message).toMatch(
          /staging\/storefront\/broken\.yaml:\d+:\d+: .*does not parse/,
        );
        const seen = await look();
        expect(seen.phase).toBe('degraded');
        expect(seen.problems?.[0]?.seen).toContain(path);
        await answering();
        await git.deleteFile(owner, 'gitops', path, made.content.sha, { message: 'Mend it' });
        await eventually(
          'all to be well',
          () => look(),
          ({ phase }) => phase === 'ready',
        );
      }, 60_000);

      test('a Jenkinsfile that does not parse is shown with line, column and caret, and fails the commit', async () => {
        const ci = createJenkins(up.endpoints.ci);
        const { sha } = await git
          .findFile(owner, 'storefront', 'Jenkinsfile')
          .then((found) => found ?? { sha: '' });
        const changed = await git.updateFile(
          owner,
          'storefront',
          'Jenkinsfile',
          "pipeline {\n  agent any\n  stages {\n    stage('x') { steps { sh 'true' }\n  }\n}\n",
          sha,
          { message: 'Break the pipeline', branch: 'main', new_branch: 'broken-pipeline' },
        );
        const job = branchJob('storefront', 'broken-pipeline');
        const statuses = await eventually(
          'the commit to be marked',
          () => git.listStatuses(owner, 'storefront', changed.commit.sha ?? ''),
          (all) => all.some(({ status }) => status === 'failure' || status === 'error'),
        );
        expect(statuses[0]?.description).toMatch(/Jenkinsfile|\d+/);
        const log = await ci.console(job, 'lastBuild');
        expect(log).toMatch(/Jenkinsfile.*\d+/i);
        expect(log).toMatch(/column \d+/);
        expect(log).toMatch(/^ *\^/m);
        await answering();
      }, 60_000);

      test('the environment of `up` reaches neither builds nor pods', async () => {
        const ci = createJenkins(up.endpoints.ci);
        const { sha } = await git
          .findFile(owner, 'storefront', 'Jenkinsfile')
          .then((found) => found ?? { sha: '' });
        await git.updateFile(
          owner,
          'storefront',
          'Jenkinsfile',
          "pipeline { agent any; stages { stage('env') { steps { sh 'env | sort' } } } }",
          sha,
          { message: 'Show the environment', branch: 'main', new_branch: 'show-environment' },
        );
        const job = branchJob('storefront', 'show-environment');
        await eventually(
          'the build',
          () => ci.build(job, 1).catch(() => undefined),
          (build) => build?.result === 'SUCCESS',
        );
        expect(await ci.console(job, 1)).not.toContain(SECRET);
        expect(processesOf(`SECRET=${SECRET}`)).toEqual([]);
      }, 60_000);

      test('an Application that points nowhere says why in a condition', async () => {
        const repoURL = `${up.endpoints.git.url}/${owner}/nowhere.git`;
        await cluster.create({
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Application',
          metadata: { name: 'nowhere', namespace: 'argocd' },
          spec: {
            project: 'default',
            source: { repoURL, path: '.', targetRevision: 'main' },
            destination: { server: 'https://kubernetes.default.svc', namespace: 'staging' },
          },
        });
        const { status } = await eventually(
          'the condition',
          () => application('nowhere'),
          (found) => (found.status?.conditions ?? []).length > 0,
        );
        expect(status?.sync?.status).toBe('Unknown');
        expect(status?.conditions?.[0]?.type).toMatch(/Error$/);
        expect(status?.conditions?.[0]?.message).toMatch(/nowhere|project/);
        await cluster.delete({
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Application',
          namespace: 'argocd',
          name: 'nowhere',
        });
      }, 60_000);

      test('an image that was tampered with does not run, and the old pods go on serving', async () => {
        const registry = new Registry({ host: up.endpoints.registry.host });
        const repository = 'playground/storefront';
        const [staging] = up.applications;
        const digest = (staging?.image ?? '').split('@')[1] ?? '';
        const manifest = JSON.parse(
          String((await registry.manifest(repository, digest))?.bytes),
        ) as ImageManifest;
        const config = await registry.readBlob(repository, manifest.config);
        const other = Buffer.from(config.toString().replace(/\}$/, ',"author":"somebody"}'));
        const otherDigest = await registry.pushBlob(repository, other);
        const pushed = await registry.pushManifest(repository, 'tampered', {
          ...manifest,
          config: { ...manifest.config, digest: otherDigest, size: other.length },
        });
        registry.close();
        const hex = otherDigest.slice('sha256:'.length);
        const blob = join(folder, 'data/registry/blobs/sha256', hex.slice(0, 2), hex);
        chmodSync(blob, 0o600);
        writeFileSync(blob, other.toString().replace('somebody', 'nobody!!'));

        const path = 'staging/storefront/deployment.yaml';
        const before = (await git.readFile(owner, 'gitops', path)).toString();
        const { sha } = await git.findFile(owner, 'gitops', path).then((found) => found ?? { sha: '' });
        const changed = await git.updateFile(owner, 'gitops', path, before.replaceAll(digest, pushed), sha, {
          message: 'Deploy an image that was tampered with',
        });
        type Pod = KubeObject & {
          status: { containerStatuses?: { state: { waiting?: { reason: string; message?: string } } }[] };
        };
        const pods = await eventually(
          'the new pod to wait',
          () => cluster.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'staging' }),
          ({ items }) =>
            items.some(({ status }) =>
              status.containerStatuses?.some(({ state }) =>
                /ErrImagePull|ImagePullBackOff/.test(state.waiting?.reason ?? ''),
              ),
            ),
        );
        const waiting = pods.items
          .flatMap(({ status }) => status.containerStatuses ?? [])
          .map(({ state }) => state.waiting?.message ?? '');
        expect(waiting.join('\n')).toMatch(/tampered|digest/);
        expect((await look()).phase).toBe('degraded');
        await answering();
        await git.updateFile(owner, 'gitops', path, before, changed.content.sha, { message: 'Go back' });
        await eventually(
          'all to be well',
          () => look(),
          ({ phase }) => phase === 'ready',
          45_000,
        );
      }, 120_000);
    });

    describe('around the process', () => {
      test('nothing below the folder can be read by others, and no log or command line holds a secret', async () => {
        // The files of images keep the modes that pods expect; no other user gets past the folders above them.
        const open: string[] = [];
        for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
          const found = statSync(join(folder, name), { throwIfNoEntry: false });
          if (found !== undefined && !name.includes('/rootfs/') && (found.mode & 0o077) !== 0)
            open.push(name);
        }
        expect(open).toEqual([]);
        const { secrets } = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')) as {
          secrets: Record<string, string>;
        };
        const { stdout } = await cli.run('logs');
        for (const secret of Object.values(secrets)) {
          expect(stdout).not.toContain(secret);
          expect(processesOf(cli.home).filter((line) => line.includes(secret))).toEqual([]);
        }
      });

      test('SIGTERM and a closed terminal are interruptions like Ctrl-C', async () => {
        for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
          const reset = cli.start(['reset', '--yes']);
          setTimeout(() => reset.kill(signal), 600);
          const { exitCode, stderr } = await reset;
          expect([0, 130]).toContain(exitCode);
          if (exitCode === 130) expect(stderr).toMatch(/go(es)? on from here/);
        }
        expect((await cli.run('reset', '--yes')).exitCode).toBe(0);
        await ready();
      }, 120_000);

      test('a full disk fails single writes with a reason, and loses nothing', async (ctx) => {
        if (!onOwnDisk) ctx.skip('this user may not mount a disk of its own');
        const home = join(cli.home, 'playgrounds');
        const pid = daemon();
        const size = (option: string) => execaSync('mount', ['-o', `remount,size=${option}`, home]);
        const { blocks, bfree, bsize } = statfsSync(home);
        size(String((blocks - bfree) * bsize));
        const map = (name: string) =>
          ({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name, namespace: 'default' },
            data: { a: 'x'.repeat(20_000) },
          }) as KubeObject;
        try {
          await expect(cluster.create(map('too-much'))).rejects.toThrow(/disk is full/);
          await expect(
            git.createFile(owner, 'gitops', 'full.txt', 'x'.repeat(20_000), { message: 'Too much' }),
          ).rejects.toThrow(/space|full|write|50\d/i);
          const registry = new Registry({ host: up.endpoints.registry.host });
          await expect(registry.pushBlob('playground/full', Buffer.alloc(100_000, 1))).rejects.toThrow(
            /space|full|write|507/i,
          );
          registry.close();
          const { exitCode, stderr } = await cli.run('reset', '--yes');
          expect([0, 1]).toContain(exitCode);
          expect(stderr).not.toContain('a mistake in gitops-playground');
          expect(daemon()).toBe(pid);
        } finally {
          size('300m');
        }
        await cluster.create(map('enough'));
        await expect(
          cluster.find({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'too-much' }),
        ).resolves.toBeUndefined();
        process.kill(pid, 'SIGKILL');
        await eventually(
          'the children to end',
          () => processesOf(cli.home),
          (found) => found.length === 0,
        );
        await ready();
        expect((await cli.run('reset', '--yes')).exitCode).toBe(0);
        await answering();
      }, 120_000);

      test('a damaged daemon.json neither hides the daemon nor starts a second one', async () => {
        const pid = daemon();
        for (const damage of ['{"pid"', 'null', '{"pid":"x"}']) {
          writeFileSync(join(folder, 'daemon.json'), damage);
          expect((await cli.run('status')).stderr).not.toContain('a mistake in gitops-playground');
        }
        await ready();
        expect(daemon()).not.toBe(pid);
        expect(processesOf(`--playground-folder=${folder}`)).toHaveLength(1);
      }, 60_000);

      test('a damaged baseline.json is named by reset, which changes nothing', async () => {
        const file = join(folder, 'baseline', 'baseline.json');
        const good = readFileSync(file, 'utf8');
        for (const damage of [good.slice(0, 100), 'null', '{"version":1}']) {
          writeFileSync(file, damage);
          const { exitCode, stderr } = await cli.run('reset', '--yes');
          expect(exitCode).toBe(1);
          expect(stderr).toContain(`${file} is damaged`);
          expect(stderr).toContain('hint:');
        }
        writeFileSync(file, good);
        await answering();
      }, 60_000);

      test('damaged files of the parts are named, are left as they are, and all goes on once they are mended', async () => {
        await stop();
        const files = [
          'git/metadata.jsonl',
          'registry/catalog.jsonl',
          'ci/journal.jsonl',
          'kubernetes/store/cluster.jsonl',
          'ci/credentials.json',
        ];
        for (const name of files) {
          const file = join(folder, 'data', name);
          const good = readFileSync(file);
          for (const damage of [
            Buffer.concat([Buffer.from('oops\n'), good]),
            Buffer.concat([Buffer.from('null\n'), good]),
          ]) {
            writeFileSync(file, damage);
            const { exitCode, stderr } = await cli.run('up');
            expect([name, exitCode]).toEqual([name, 1]);
            expect(stderr).toContain(join(folder, 'data', name.split('/')[0] ?? ''));
            expect(stderr).not.toContain('a mistake in gitops-playground');
            expect(stderr).toContain('gitops-playground down');
            expect(readFileSync(file).equals(damage)).toBe(true);
            expect(processesOf(cli.home)).toEqual([]);
          }
          writeFileSync(file, good);
        }
        await ready();
      }, 120_000);

      test('a port that another program took while the playground was stopped is named, and nothing is lost', async () => {
        await stop();
        const port = Number(new URL(up.endpoints.ci.url).port);
        const thief = createServer();
        await new Promise<void>((resolve) => thief.listen(port, '127.0.0.1', resolve));
        const { exitCode, stderr } = await cli.run('up');
        expect(exitCode).toBe(1);
        expect(stderr).toContain(`port ${port} (ci) of the playground "default" is taken by another program`);
        expect(stderr).toContain('nothing is lost');
        await new Promise((resolve) => thief.close(resolve));
        await ready();
      }, 60_000);
    });
  },
);

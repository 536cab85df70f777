import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { giteaApi, type Api } from 'gitea-js';
// @ts-expect-error the package brings no types
import Jenkins from 'jenkins';
import { afterAll, beforeAll, describe, expect, test, vi, type TestContext } from 'vitest';
import type { PlaygroundStatus } from '../../src/flow/status.ts';
import { eventually } from '../support/eventually.ts';
import { scenarioLimits } from '../support/patience.ts';
import { Cli, onPods } from '../support/playground.ts';
import { Program } from '../support/program.ts';
import { helmProgram, isInstalled, kubectlPrograms } from '../support/programs.ts';
import { versionAt } from '../support/version-at.ts';

vi.setConfig(scenarioLimits);

/** One job, build or queue item, as far as it is looked at here. */
interface JenkinsItem {
  readonly name: string;
  readonly building: boolean;
  readonly result: string | null;
  readonly builds: readonly { readonly number: number }[];
  readonly executable?: { readonly number: number };
  readonly actions: readonly {
    readonly lastBuiltRevision?: { readonly SHA1: string };
    readonly remoteUrls?: readonly string[];
    readonly causes?: readonly { readonly shortDescription: string }[];
  }[];
}
/** What of the npm package `jenkins` is used here. */
interface JenkinsClient {
  job: {
    list(name: string): Promise<JenkinsItem[]>;
    get(name: string): Promise<JenkinsItem>;
    build(name: string): Promise<number>;
  };
  build: {
    get(name: string, number: number): Promise<JenkinsItem>;
    log(name: string, number: number): Promise<string>;
    logStream(name: string, number: number, options: { delay: number }): NodeJS.EventEmitter;
  };
  queue: { list(): Promise<JenkinsItem[]>; item(id: number): Promise<JenkinsItem> };
  /** Where the package has no call of its own; takes the redirection that Jenkins answers with for an error. */
  _post(request: object): Promise<unknown>;
}

/** One playground, driven by nothing but programs and packages that nobody here wrote. */
describe('a running playground', () => {
  let cli: Cli;
  let folder: string;
  let status: PlaygroundStatus;
  let image: string;
  let git: Program;

  const staging = () => status.applications.find(({ stage }) => stage === 'staging')!;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'clients-'));
    cli = new Cli();
    status = await cli.json<PlaygroundStatus>('up');
    image = staging().image!;
    git = new Program('git', {
      HOME: folder,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Grace',
      GIT_AUTHOR_EMAIL: 'grace@example.org',
      GIT_COMMITTER_NAME: 'Grace',
      GIT_COMMITTER_EMAIL: 'grace@example.org',
    });
  });
  afterAll(async () => {
    await cli.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('with git, gitea-js and jenkins', () => {
    let gitea: Api<unknown>;
    let jenkins: JenkinsClient;
    let pushed: string;
    const job = 'storefront/main';

    const withCredentials = (url: string, { username, password }: { username: string; password: string }) =>
      url.replace('//', `//${username}:${encodeURIComponent(password)}@`);
    /** Jenkins has checked out the pipeline library, too. */
    const revisionOf = (build: JenkinsItem) =>
      build.actions.find(({ remoteUrls = [] }) => remoteUrls.some((url) => url.includes('/storefront')))
        ?.lastBuiltRevision?.SHA1;
    const over = (number: number) =>
      eventually(
        `build ${number} to end`,
        () => jenkins.build.get(job, number).catch(() => undefined),
        (build) => build?.building === false,
      );

    beforeAll(() => {
      const { git, ci } = status.endpoints;
      const authorization = `Basic ${Buffer.from(`${git.username}:${git.password}`).toString('base64')}`;
      gitea = giteaApi(git.url, {
        customFetch: (url, init) =>
          fetch(url, { ...init, headers: { ...(init?.headers as object), authorization } }),
      });
      jenkins = new (Jenkins as new (settings: object) => JenkinsClient)({
        baseUrl: withCredentials(ci.url, ci),
        crumbIssuer: true,
      });
    });

    test('a clone shows the history, and a push without a password is refused', async () => {
      const { cloneUrl: url } = status.repositories.find(({ name }) => name === 'storefront')!;
      await git.run('clone', '--quiet', url, join(folder, 'storefront'));
      expect((await git.run('-C', join(folder, 'storefront'), 'rev-parse', 'HEAD')).trim()).toBe(
        staging().revision,
      );
      await git.run('-C', join(folder, 'storefront'), 'commit', '--quiet', '--allow-empty', '-m', 'Nothing');
      expect(await git.complaint('-C', join(folder, 'storefront'), 'push')).toMatch(
        /Authentication failed|could not read Username/,
      );
    });

    test('a push with the password starts a build, whose log can be followed', async () => {
      const clone = join(folder, 'storefront');
      const { cloneUrl: url } = status.repositories.find(({ name }) => name === 'storefront')!;
      writeFileSync(
        join(clone, 'src', 'theme.js'),
        `${readFileSync(join(clone, 'src', 'theme.js'), 'utf8')}// by a stranger\n`,
      );
      await git.run('-C', clone, 'commit', '--quiet', '--all', '--message', 'Look another way');
      await git.run('-C', clone, 'remote', 'set-url', 'origin', withCredentials(url, status.endpoints.git));
      await git.run('-C', clone, 'push', '--quiet', 'origin', 'main');
      pushed = (await git.run('-C', clone, 'rev-parse', 'HEAD')).trim();

      expect((await jenkins.job.list('storefront')).map(({ name }) => name)).toContain('main');
      const { builds } = await eventually(
        'the second build',
        () => jenkins.job.get(job),
        (found) => found.builds.length > 1,
      );
      const { number } = builds[0]!;
      const text = await new Promise<string>((resolve, reject) => {
        let seen = '';
        const stream = jenkins.build.logStream(job, number, { delay: 50 });
        stream.on('data', (piece: string) => (seen += piece));
        stream.on('error', reject);
        stream.on('end', () => {
          resolve(seen);
        });
      });
      // As Jenkins ends the lines of what it sends piece by piece.
      expect(text.endsWith('Finished: SUCCESS\r\n')).toBe(true);
      expect(await jenkins.build.log(job, number)).toBe(text);
      const build = await jenkins.build.get(job, number);
      expect(build).toMatchObject({ result: 'SUCCESS', building: false });
      expect(revisionOf(build)).toBe(pushed);
    });

    test('the commit carries the status of its build', async () => {
      const { data } = await eventually(
        'the status of the commit',
        () => gitea.repos.repoGetCombinedStatusByRef('playground', 'storefront', pushed),
        ({ data }) => data.state === 'success',
      );
      expect(data.statuses?.[0]?.target_url).toContain(status.endpoints.ci.url);
    });

    test('hooks go to the CI server and to the operator', async () => {
      const targets = async (repository: string) =>
        (await gitea.repos.repoListHooks('playground', repository)).data.map(
          ({ config }) => new URL(config?.url ?? '').pathname,
        );
      expect(await targets('storefront')).toContain('/gitea-webhook/post');
      expect(await targets('gitops')).toContain('/api/webhook');
      const { data: hooks } = await gitea.repos.repoListHooks('playground', 'gitops');
      const { status: tested } = await gitea.repos.repoTestHook('playground', 'gitops', hooks[0]?.id ?? 0);
      expect(tested).toBe(204);
    });

    test('the pull request of the build, merged, brings production to the commit', async () => {
      const { data: pulls } = await eventually(
        'the pull request',
        () => gitea.repos.repoListPullRequests('playground', 'gitops', { state: 'open' }),
        ({ data }) => data.some(({ head }) => head?.ref?.includes(pushed.slice(0, 7))),
      );
      const pull = pulls.find(({ head }) => head?.ref?.includes(pushed.slice(0, 7)))!;
      const { data: files } = await gitea.repos.repoGetPullRequestFiles(
        'playground',
        'gitops',
        pull.number ?? 0,
      );
      expect(files.map(({ filename }) => filename)).toContain('production/storefront/deployment.yaml');
      await gitea.repos.repoMergePullRequest('playground', 'gitops', pull.number ?? 0, { Do: 'merge' });
      const merged = await gitea.repos.repoGetPullRequest('playground', 'gitops', pull.number ?? 0);
      expect(merged.data).toMatchObject({ state: 'closed', merged: true });
      for (const { url } of status.applications) {
        await eventually(
          `${url} to answer with the commit`,
          () => versionAt(url).catch(() => undefined),
          (answer) => answer?.revision === pushed,
        );
      }
    });

    test('a build is started by hand, and another one rebuilt', async () => {
      const id = await jenkins.job.build(job);
      const item = await eventually(
        'the queued build to start',
        () => jenkins.queue.item(id),
        ({ executable }) => executable !== undefined,
      );
      const first = await over(item.executable!.number);
      expect(first?.result).toBe('SUCCESS');
      const answer = jenkins._post({
        path: `/job/storefront/job/main/${item.executable!.number}/replay/rebuild`,
        type: 'form',
        body: { json: '{}' },
      });
      await expect(answer).rejects.toMatchObject({ res: { statusCode: 302 } });
      const again = await over(item.executable!.number + 1);
      expect(again?.result).toBe('SUCCESS');
      expect(revisionOf(again!)).toBe(pushed);
      // Jenkins names the person as well.
      const causes = again?.actions.flatMap((action) => action.causes ?? []) ?? [];
      expect(causes.map(({ shortDescription }) => shortDescription).join('\n')).toMatch(/^Rebuilt #/m);
      expect(await jenkins.queue.list()).toEqual([]);
    });
  });

  describe('with skopeo and docker', () => {
    const skopeo = new Program('skopeo', { HOME: tmpdir() });
    const needSkopeo = (context: TestContext) => {
      if (!isInstalled('skopeo', '--version')) context.skip('skopeo is not installed');
    };
    const source = () => `docker://${image}`;

    test('the deployed image is inspected by its digest, and its tags are listed', async (context) => {
      needSkopeo(context);
      const found = JSON.parse(await skopeo.run('inspect', '--tls-verify=false', source())) as {
        Digest: string;
        Env: string[];
      };
      expect(image.endsWith(`@${found.Digest}`)).toBe(true);
      const { Tags } = JSON.parse(
        await skopeo.run('list-tags', '--tls-verify=false', source().replace(/@.*/, '')),
      ) as { Tags: string[] };
      expect(Tags).toContain(staging().revision);
    });

    test('it is copied to a folder and back under another name, and stays the same', async (context) => {
      needSkopeo(context);
      const layout = `oci:${join(folder, 'layout')}:copied`;
      const { host } = status.endpoints.registry;
      await skopeo.run('copy', '--src-tls-verify=false', '--preserve-digests', source(), layout);
      const copy = `docker://${host}/playground/copied:again`;
      await skopeo.run('copy', '--dest-tls-verify=false', '--preserve-digests', layout, copy);
      expect(image).toContain(
        (await skopeo.run('inspect', '--tls-verify=false', '--format', '{{.Digest}}', copy)).trim(),
      );
    });

    test('docker pulls it, and pushes it under another name', async (context) => {
      const { DOCKER_HOST } = process.env;
      const docker = new Program('docker', {
        HOME: folder,
        ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }),
      });
      const engine = await docker.attempt(['version']);
      if (engine.exitCode !== 0) context.skip('no Docker engine runs here');
      const copy = `${status.endpoints.registry.host}/playground/pushed:one`;
      try {
        expect(await docker.run('pull', image)).toContain(image.slice(image.indexOf('@') + 1));
        await docker.run('tag', image, copy);
        expect(await docker.run('push', copy)).toMatch(/one: digest: sha256:/);
      } finally {
        await docker.attempt(['rmi', '--force', copy, image]);
      }
    });
  });

  describe.each(kubectlPrograms.map((program, index) => ({ program, namespace: `clients-${index}` })))(
    'with $program',
    ({ program, namespace }) => {
      const missing = !isInstalled(program, 'version', '--client');
      let kubectl: Program;
      const need = (context: TestContext) => {
        if (missing) context.skip(`${program} is not installed`);
      };
      const scenario = (name: string, body: () => Promise<void>) =>
        test(
          name,
          async (context) => {
            need(context);
            await body();
          },
          60_000,
        );
      const deployment = (replicas: number, colour: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ${image}
          ports: [{ containerPort: 8080 }]
          env: [{ name: COLOUR, value: ${colour} }]
`;

      beforeAll(async () => {
        if (missing) return;
        const home = join(folder, namespace);
        mkdirSync(home);
        const { kubeconfig } = status.endpoints.kubernetes;
        kubectl = new Program(program, { HOME: home, KUBECONFIG: kubeconfig }, ['--namespace', namespace]);
        await kubectl.run('create', 'namespace', namespace);
      });

      scenario('finds out what the cluster has', async () => {
        expect(await kubectl.run('cluster-info')).toContain('is running at');
        expect(await kubectl.run('api-resources')).toMatch(/applications +app,apps +argoproj\.io\/v1alpha1/);
        expect((await kubectl.run('api-versions')).split('\n')).toEqual(
          expect.arrayContaining(['v1', 'apps/v1', 'argoproj.io/v1alpha1']),
        );
        expect(await kubectl.run('explain', 'deployment.spec')).toContain('replicas');
        expect(await kubectl.run('explain', 'application.spec')).toMatch(/destination\s+<Object>/);
        expect((await kubectl.run('auth', 'can-i', 'create', 'deployments')).trim()).toBe('yes');
        const { stdout } = await kubectl.attempt(['auth', 'can-i', 'list', 'secrets', '--as', 'nobody']);
        expect(stdout.trim()).toMatch(/^no/);
      });

      scenario('shows what runs, in every form', async () => {
        expect(await kubectl.run('get', 'applications', '-A')).toMatch(
          /argocd +storefront-staging +Synced +Healthy/,
        );
        expect(await kubectl.run('get', 'pods', '-A', '-o', 'wide')).toMatch(
          /staging +storefront-\S+ +1\/1 +Running +0 .* \d+\.\d+\.\d+\.\d+ /,
        );
        expect(await kubectl.run('get', 'all', '-A')).toContain('deployment.apps/storefront');
        expect(
          await kubectl.run('get', 'apps', '-n', 'argocd', '-o', 'jsonpath={.items[*].status.sync.status}'),
        ).toBe('Synced Synced Synced');
        expect(await kubectl.run('get', 'deployment', 'storefront', '-n', 'staging', '-o', 'yaml')).toContain(
          'kind: Deployment',
        );
        const service = JSON.parse(
          await kubectl.run('get', 'service', 'storefront', '-n', 'staging', '-o', 'json'),
        ) as { spec: { ports: { nodePort: number }[] } };
        expect(staging().url).toContain(`:${service.spec.ports[0]?.nodePort}`);
        expect(await kubectl.run('describe', 'pods', '-n', 'staging')).toMatch(
          /Ready +True[^]*Started +\S+ +kubelet/,
        );
        expect(await kubectl.run('describe', 'application', 'storefront-staging', '-n', 'argocd')).toMatch(
          /Health:[^]*Status: +Healthy/,
        );
        expect(await kubectl.run('get', 'events', '-n', 'staging')).toMatch(
          /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n/,
        );
        expect(await kubectl.run('events', '-n', 'staging')).toMatch(/Started +Pod\/storefront-/);
        expect(await kubectl.complaint('top', 'pods')).toContain('Metrics API not available');
        expect(await kubectl.complaint('get', 'pod', 'nosuch')).toContain('pods "nosuch" not found');
        expect(await kubectl.complaint('get', 'nosuch')).toContain('have a resource type "nosuch"');
      });

      scenario('creates by name what there are commands for', async () => {
        const create = (...args: string[]) => kubectl.run('create', ...args);
        expect(await create('configmap', 'made', '--from-literal=a=b')).toContain('configmap/made created');
        await create('secret', 'generic', 'made', '--from-literal=p=q');
        await create('service', 'clusterip', 'made', '--tcp=80:8080');
        await create('ingress', 'made', '--rule=made.localhost/*=made:80');
        await create('role', 'made', '--verb=get', '--resource=pods');
        await create('deployment', 'made', `--image=${image}`, '--port=8080');
        await create('job', 'made', `--image=${image}`, '--', 'node', '-p', '6*7');
        expect(await kubectl.run('describe', 'secret', 'made')).toMatch(/p: +1 bytes/);
        expect(await kubectl.run('describe', 'ingress', 'made')).toContain('made.localhost');
        await kubectl.run('wait', '--for=condition=complete', 'job/made', '--timeout=20s');
        expect(await kubectl.run('logs', 'job/made')).toBe('42');
        expect(await kubectl.run('rollout', 'status', 'deployment/made', '--timeout=20s')).toContain(
          'successfully rolled out',
        );
        expect(await kubectl.complaint('create', 'configmap', 'made')).toContain('already exists');
        expect(await kubectl.run('delete', 'deployment,job,ingress', 'made')).toMatch(
          /deployment\.apps "made" deleted/,
        );
      });

      scenario('applies from its own side, and shows the difference before', async () => {
        const apply = (text: string) => kubectl.feed(text, 'apply', '--filename', '-');
        expect(await apply(deployment(2, 'red'))).toBe('deployment.apps/web created');
        expect(await apply(deployment(2, 'red'))).toBe('deployment.apps/web unchanged');
        const difference = await kubectl.attempt(['diff', '--filename', '-'], {
          input: deployment(2, 'blue'),
        });
        expect(difference.exitCode).toBe(1);
        expect(difference.stdout).toMatch(/-\s+value: red\n\+\s+value: blue/);
        expect(await apply(deployment(2, 'blue'))).toBe('deployment.apps/web configured');
        await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=20s');
        const wrong = await kubectl.attempt(['apply', '--filename', '-'], {
          input: deployment(2, 'blue').replace('replicas:', 'replicaz:'),
        });
        expect(wrong.stderr).toContain('unknown field "spec.replicaz"');
      });

      scenario('applies on the server, where managers can be at odds', async () => {
        const apply = (text: string, ...flags: string[]) =>
          kubectl.attempt(['apply', '--server-side', ...flags, '--filename', '-'], { input: text });
        const settings = (colour: string) =>
          `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { colour: ${colour} }\n`;
        expect((await apply(settings('red'))).stdout).toBe('configmap/settings serverside-applied');
        const conflict = await apply(settings('blue'), '--field-manager=other');
        expect(conflict.exitCode).toBe(1);
        expect(conflict.stderr).toContain('conflict with "kubectl": .data.colour');
        const forced = await apply(settings('blue'), '--field-manager=other', '--force-conflicts');
        expect(forced.exitCode).toBe(0);
        expect(await kubectl.run('get', 'configmap', 'settings', '-o', 'jsonpath={.data.colour}')).toBe(
          'blue',
        );
      });

      scenario('scales, rolls out, restarts and takes back', async () => {
        await kubectl.run('scale', 'deployment/web', '--replicas=3');
        await kubectl.run('wait', '--for=jsonpath={.status.readyReplicas}=3', 'deployment/web');
        await kubectl.run('set', 'env', 'deployment/web', 'COLOUR=green');
        await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=20s');
        expect(await kubectl.run('rollout', 'history', 'deployment/web')).toMatch(/\n1 .*\n2 .*\n3 /);
        expect(await kubectl.run('rollout', 'undo', 'deployment/web')).toContain('rolled back');
        await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=20s');
        const colour = 'jsonpath={.spec.template.spec.containers[0].env[0].value}';
        expect(await kubectl.run('get', 'deployment', 'web', '-o', colour)).toBe('blue');
        expect(await kubectl.run('rollout', 'restart', 'deployment/web')).toContain('restarted');
        await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=20s');
        expect(await kubectl.run('describe', 'deployment', 'web')).toMatch(
          /3 desired \| 3 updated \| 3 total \| 3 available/,
        );
      });

      scenario('reads logs: of all pods, as they grow, and of a container that has died', async () => {
        // Pods of the roll-out before may still be ending.
        await eventually(
          'a line of each pod',
          () => kubectl.run('logs', '--selector=app=web', '--prefix', '--tail=1'),
          (lines) => lines.split('\n').length === 3,
        );
        await kubectl.run(
          'run',
          'talks',
          `--image=${image}`,
          '--restart=Never',
          '--command',
          '--',
          'node',
          '-e',
          'let n = 0; const t = setInterval(() => { console.log("line", ++n); if (n === 5) clearInterval(t); }, 100)',
        );
        await kubectl.run('wait', '--for=condition=Ready', 'pod/talks', '--timeout=20s');
        expect(await kubectl.run('logs', '--follow', 'talks')).toBe(
          [1, 2, 3, 4, 5].map((n) => `line ${n}`).join('\n'),
        );
        await kubectl.run(
          'run',
          'dies',
          `--image=${image}`,
          '--command',
          '--',
          'node',
          '-e',
          'console.log("last words"); process.exit(3)',
        );
        await eventually(
          'the words of the container before',
          () => kubectl.attempt(['logs', '--previous', 'dies']),
          ({ stdout }) => stdout === 'last words',
        );
        // Until its back-off begins it runs again for a moment.
        await eventually(
          'the pod that dies to be shown as such',
          () => kubectl.run('get', 'pod', 'dies'),
          (table) => /CrashLoopBackOff|Error/.test(table),
        );
        expect(await kubectl.run('describe', 'pod', 'dies')).toMatch(/Exit Code: +3/);
        await kubectl.run('delete', 'pod', 'talks', 'dies', '--now');
      });

      scenario('labels, annotates, patches in three ways, and edits', async () => {
        const read = (path: string) => kubectl.run('get', 'deployment', 'web', '-o', `jsonpath={${path}}`);
        await kubectl.run('label', 'deployment', 'web', 'tier=front');
        await kubectl.run('annotate', 'deployment', 'web', 'note=hello');
        expect(await kubectl.run('get', 'deployments', '-l', 'tier=front', '-o', 'name')).toBe(
          'deployment.apps/web',
        );
        const patch = (type: string, body: object) =>
          kubectl.run('patch', 'deployment', 'web', `--type=${type}`, '--patch', JSON.stringify(body));
        await patch('strategic', {
          spec: {
            template: { spec: { containers: [{ name: 'web', env: [{ name: 'EXTRA', value: '1' }] }] } },
          },
        });
        expect(await read('.spec.template.spec.containers[0].env[*].name')).toMatch(/EXTRA/);
        expect(await read('.spec.template.spec.containers[0].env[*].name')).toMatch(/COLOUR/);
        await patch('merge', { metadata: { annotations: { note: null } } });
        expect(await read('.metadata.annotations.note')).toBe('');
        await patch('json', [{ op: 'replace', path: '/spec/replicas', value: 2 }]);
        expect(await read('.spec.replicas')).toBe('2');
        const edit = (editor: string) =>
          kubectl.attempt(['edit', 'deployment', 'web'], { env: { EDITOR: editor } });
        expect((await edit('true')).stderr + (await edit('true')).stdout).toContain('no changes made');
        expect((await edit('sed -i "s/tier: front/tier: back/"')).stdout).toContain('edited');
        expect(await read('.metadata.labels.tier')).toBe('back');
        await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=20s');
      });

      scenario('reaches into pods: by a forwarded port and by a command', async () => {
        const forwarding = kubectl.start(['port-forward', 'deployment/web', ':8080']);
        const local = await new Promise<string>((resolve, reject) => {
          let seen = '';
          forwarding.stdout.on('data', (chunk: Buffer) => {
            seen += chunk.toString();
            const [, port] = /127\.0\.0\.1:(\d+) ->/.exec(seen) ?? [];
            if (port !== undefined) resolve(port);
          });
          void forwarding.then(({ stderr }) => {
            reject(new Error(stderr));
          });
        });
        const curl = new Program('curl', { HOME: folder });
        expect(JSON.parse(await curl.run('--silent', `http://127.0.0.1:${local}/version`))).toMatchObject({
          app: 'storefront',
        });
        forwarding.kill();
        await forwarding;
        expect(await kubectl.run('exec', 'deployment/web', '--', 'node', '-p', 'process.env.COLOUR')).toBe(
          'blue',
        );
        if (onPods) return;
        // What processes of this machine cannot do.
        expect(await kubectl.complaint('exec', 'deployment/web', '--', 'bash')).toContain(
          'no other programs',
        );
        expect(await kubectl.complaint('attach', 'deployment/web')).toContain('cannot be attached to');
      });

      scenario('deletes, and nothing is left', async () => {
        expect(await kubectl.run('delete', 'deployment', 'web')).toContain('deployment.apps "web" deleted');
        await kubectl.run('wait', '--for=delete', 'pod', '-l', 'app=web', '--timeout=20s');
        await kubectl.run('delete', 'namespace', namespace, '--timeout=20s');
        expect(await kubectl.complaint('get', 'namespace', namespace)).toContain('not found');
      });
    },
  );

  describe('with helm', () => {
    test('a chart is installed, upgraded, rolled back and uninstalled', async (context) => {
      if (!isInstalled(helmProgram, 'version')) context.skip(`${helmProgram} is not installed`);
      const { kubeconfig } = status.endpoints.kubernetes;
      const home = join(folder, 'helm');
      mkdirSync(home);
      const helm = new Program(helmProgram, {
        HOME: home,
        KUBECONFIG: kubeconfig,
        HELM_NAMESPACE: 'charts',
      });
      const kubectl = new Program(kubectlPrograms[0]!, { HOME: home, KUBECONFIG: kubeconfig });
      await helm.run('create', join(home, 'chart'));
      const [repository = '', digest = ''] = image.split('@sha256:');
      // The chart joins repository and tag by a colon, which a digest has as well.
      const values = [
        `image.repository=${repository}@sha256`,
        `image.tag=${digest}`,
        'service.port=8080',
        'livenessProbe.httpGet.path=/healthz',
        'readinessProbe.httpGet.path=/healthz',
        'ingress.enabled=true',
        'ingress.hosts[0].host=chart.localhost',
        'ingress.hosts[0].paths[0].path=/',
        'ingress.hosts[0].paths[0].pathType=Prefix',
      ].flatMap((value) => ['--set', value]);
      const replicas = () =>
        kubectl.run('get', 'deployment', 'one-chart', '-n', 'charts', '-o', 'jsonpath={.spec.replicas}');

      const installed = await helm.run(
        'install',
        'one',
        join(home, 'chart'),
        '--create-namespace',
        '--wait',
        '--timeout=30s',
        ...values,
      );
      expect(installed).toContain('STATUS: deployed');
      expect(await helm.run('list')).toMatch(/one\s+charts\s+1\s.*deployed/);
      await helm.run('upgrade', 'one', join(home, 'chart'), '--reuse-values', '--set', 'replicaCount=2');
      expect(await replicas()).toBe('2');
      expect(await helm.run('rollback', 'one', '1')).toContain('Rollback was a success');
      expect(await replicas()).toBe('1');
      expect(await helm.run('history', 'one')).toMatch(
        /Install complete[^]*Upgrade complete[^]*Rollback to 1/,
      );
      expect(await helm.run('uninstall', 'one')).toContain('uninstalled');
      expect(await helm.run('list', '--short')).toBe('');
    });
  });
});

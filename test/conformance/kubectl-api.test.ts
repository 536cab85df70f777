import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leastEnvironment, run, type RunResult } from '../../src/lib/process.ts';
import type { NodeAgent } from '../../src/servers/kubernetes/cluster.ts';
import { kubectlPrograms } from '../support/programs.ts';
import { ADMIN_TOKEN, startTestServer, type TestServer } from '../unit/servers/kubernetes/api/harness.ts';

/** A node on which every pod is this machine. */
const agent: NodeAgent = {
  logs: (_namespace, pod, { container, tailLines }) =>
    Readable.from(['first\n', `${pod}/${container ?? ''} says hello\n`].slice(-(tailLines ?? 2))),
  async connect(_namespace, _pod, port) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  },
  async exec(_namespace, _pod, { command: [file = '', ...args] }) {
    const child = spawn(file, args, { stdio: 'pipe', env: leastEnvironment() });
    await once(child, 'spawn');
    const exited = once(child, 'close').then(([code]) => Number(code ?? 137));
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exited,
      kill: () => void child.kill(),
    };
  },
};

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: demo}
spec:
  replicas: 2
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - name: app
        image: example:1
        ports: [{containerPort: 8080}]
        env: [{name: A, value: one}]
`;

const DEFINITION = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    additionalPrinterColumns: [{name: Colour, type: string, jsonPath: .spec.colour}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            description: What the widget should be.
            required: [colour]
            properties:
              colour: {type: string, enum: [red, blue]}
              replicas: {type: integer, default: 1}
          status: {type: object, properties: {replicas: {type: integer}}}
`;

describe.each(kubectlPrograms)('%s', (program) => {
  const missing = spawnSync(program, ['version', '--client']).error !== undefined;
  let test: TestServer;
  let folder: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    if (missing) return;
    folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
    test = await startTestServer({ agent });
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(
      kubeconfig,
      test.server.kubeconfig({ name: 'test', token: ADMIN_TOKEN, namespace: 'demo' }),
    );
    environment = leastEnvironment({ KUBECONFIG: kubeconfig, HOME: folder });
    await test.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } });
  });

  afterAll(async () => {
    if (missing) return;
    await test.stop();
    await rm(folder, { recursive: true });
  });

  const attempt = (line: string, input?: string): Promise<RunResult> =>
    run(program, words(line), {
      env: environment,
      timeout: 15_000,
      ...(input === undefined ? {} : { input }),
    });

  /** Runs kubectl and gives what it printed; fails with its error. */
  async function kubectl(line: string, input?: string): Promise<string> {
    const { stdout, stderr, exitCode } = await attempt(line, input);
    expect(
      `${stderr}${exitCode === 0 ? '' : `exit ${exitCode}`}`.replaceAll(/^(Warning|WARNING): .*\n/gm, ''),
    ).toBe('');
    return stdout;
  }

  /** Runs kubectl where it has to fail, and gives its complaint. */
  async function complaint(line: string, input?: string): Promise<string> {
    const { stderr, exitCode } = await attempt(line, input);
    expect(exitCode).not.toBe(0);
    return stderr;
  }

  function start(line: string): ChildProcess & { lines: string[] } {
    const child = spawn(program, words(line), { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (text) => lines.push(text));
    return Object.assign(child, { lines });
  }

  const scenario = (name: string, body: () => Promise<void>) =>
    it(name, async (context) => {
      if (missing) context.skip(`${program} is not installed`);
      await body();
    });

  scenario('finds out what is served', async () => {
    expect(await kubectl('api-resources')).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/);
    expect(await kubectl('api-versions')).toContain('networking.k8s.io/v1\n');
    expect(await kubectl('version')).toMatch(/Server Version: v1\./);
    expect(await kubectl('explain deployment.spec.replicas')).toContain('Number of desired pods.');
    expect(await kubectl('explain pod.spec.containers --recursive')).toContain(
      'containerPort\t<integer> -required-',
    );
    expect(await kubectl('cluster-info')).toContain('is running at');
  });

  scenario('creates what it has commands for', async () => {
    await kubectl('create namespace made');
    await kubectl('create configmap made --from-literal=a=b');
    await kubectl('create secret generic made --from-literal=p=q');
    await kubectl('create serviceaccount made');
    await kubectl('create deployment made --image=example:1 --replicas=0 --port=8080');
    await kubectl('create job made --image=example:1 -- echo hi');
    await kubectl('create role made --verb=get,list --resource=pods');
    await kubectl('create rolebinding made --role=made --serviceaccount=demo:made');
    await kubectl('create clusterrole made --verb=get --resource=nodes');
    await kubectl('create clusterrolebinding made --clusterrole=made --user=somebody');
    await kubectl('create service nodeport made --tcp=80:8080');
    await kubectl('create ingress made --rule=made.localhost/*=made:80');
    await kubectl('run made --image=example:1');
    expect(await kubectl('create token made')).toMatch(/^ey[\w-]+\.ey[\w-]+\.[\w-]+$/);
    expect(await kubectl("get secret made -o 'jsonpath={.data.p}'")).toBe('cQ==');
    expect(await kubectl("get deployment made -o 'jsonpath={.spec.replicas}'")).toBe('0');
    expect(await kubectl("get job made -o 'jsonpath={.spec.template.spec.containers[0].command}'")).toBe(
      '["echo","hi"]',
    );
    expect(
      await kubectl("get ingress made -o 'jsonpath={.spec.rules[0].http.paths[0].backend.service.name}'"),
    ).toBe('made');
    expect(await kubectl('auth can-i create pods')).toBe('yes\n');
    expect(await kubectl('auth can-i list pods --as system:serviceaccount:demo:made')).toBe('yes\n');
    expect((await attempt('auth can-i create pods --as system:serviceaccount:demo:made')).stdout).toMatch(
      /^no/,
    );
    expect(await kubectl('auth whoami')).toMatch(/Username +admin/);
    for (const kind of [
      'deployment',
      'job',
      'pod',
      'service',
      'ingress',
      'configmap',
      'secret',
      'role',
      'rolebinding',
    ]) {
      expect(await kubectl(`describe ${kind} made`)).toMatch(/Name: +made/);
    }
    expect(await kubectl('get all')).toContain('deployment.apps/made');
  });

  scenario('applies from its own side', async () => {
    expect(await kubectl('apply -f -', DEPLOYMENT)).toBe('deployment.apps/app created\n');
    expect(await kubectl('apply -f -', DEPLOYMENT)).toBe('deployment.apps/app unchanged\n');
    const changed = DEPLOYMENT.replace('value: one', 'value: two');
    const diff = await attempt('diff -f -', changed);
    expect(diff.exitCode).toBe(1);
    expect(diff.stdout).toMatch(/-\s+value: one\n\+\s+value: two/);
    expect(await kubectl('apply -f -', changed)).toBe('deployment.apps/app configured\n');
    expect(await kubectl('apply -f -', DEPLOYMENT.replace(/ +env:.*\n/, ''))).toBe(
      'deployment.apps/app configured\n',
    );
    expect(await kubectl("get deploy app -o 'jsonpath={.spec.template.spec.containers[0].env}'")).toBe('');
    expect(await complaint('apply -f -', DEPLOYMENT.replace('replicas', 'replicaz'))).toContain(
      'unknown field "spec.replicaz"',
    );
    expect(await complaint('apply -f -', DEPLOYMENT.replace('app: app}}', 'app: other}}'))).toContain(
      'field is immutable',
    );
  });

  scenario('applies on the server, with conflicts between managers', async () => {
    const own = DEPLOYMENT.replace('name: app,', 'name: served,');
    expect(await kubectl('apply --server-side -f -', own)).toBe(
      'deployment.apps/served serverside-applied\n',
    );
    const other = own.replace('replicas: 2', 'replicas: 5');
    const conflict = await complaint('apply --server-side --field-manager=other -f -', other);
    expect(conflict).toContain('conflict with "kubectl": .spec.replicas');
    await kubectl('apply --server-side --field-manager=other --force-conflicts -f -', other);
    expect(await kubectl("get deploy served -o 'jsonpath={.spec.replicas}'")).toBe('5');
    expect(await kubectl('get deploy served -o yaml --show-managed-fields')).toContain('manager: other');
  });

  scenario('changes what is there', async () => {
    await kubectl('create deployment changed --image=example:1');
    await kubectl('scale deploy changed --replicas=3');
    await kubectl('set image deploy/changed example=example:2');
    await kubectl('set env deploy/changed COLOUR=red');
    await kubectl('label deploy changed tier=front');
    await kubectl('annotate deploy changed note=hello');
    await kubectl(`patch deploy changed -p {"spec":{"revisionHistoryLimit":3}}`);
    await kubectl(`patch deploy changed --type=json -p [{"op":"replace","path":"/spec/replicas","value":4}]`);
    await kubectl(`patch deploy changed --type=merge -p {"spec":{"paused":true}}`);
    const deployment = JSON.parse(await kubectl('get deploy -l tier=front -o json')) as { items: object[] };
    expect(deployment.items).toMatchObject([
      {
        metadata: { annotations: { note: 'hello' } },
        spec: {
          replicas: 4,
          paused: true,
          revisionHistoryLimit: 3,
          template: {
            spec: { containers: [{ image: 'example:2', env: [{ name: 'COLOUR', value: 'red' }] }] },
          },
        },
      },
    ]);
    await kubectl('rollout resume deploy/changed');
    await kubectl('rollout restart deploy/changed');
    expect(await kubectl('delete deploy changed')).toMatch(/^deployment.apps "changed" deleted/);
    expect(await complaint('get deploy changed')).toContain(
      '(NotFound): deployments.apps "changed" not found',
    );
  });

  scenario('prints tables, sorts and selects', async () => {
    await kubectl('create configmap table-a --from-literal=x=1');
    expect(await kubectl('get configmap table-a')).toMatch(/NAME +DATA +AGE\ntable-a +1 +\d+s\n/);
    expect(await kubectl('get configmaps --field-selector=metadata.name=table-a -o name')).toBe(
      'configmap/table-a\n',
    );
    expect(await kubectl('get ns --sort-by=.metadata.name -o name')).toMatch(/^namespace\/default\n/);
    expect(await kubectl('get configmaps -A --chunk-size=2 --no-headers')).toContain('kube-root-ca.crt');
    expect((await attempt('get events')).stderr).toBe('No resources found in demo namespace.\n');
  });

  scenario('watches and waits', async () => {
    const watching = start('get configmaps --watch --no-headers');
    const seen = once(watching.stdout as Readable, 'data');
    await seen;
    await kubectl('create configmap watched --from-literal=x=1');
    await kubectl('delete configmap watched');
    await expect
      .poll(() => watching.lines.filter((line) => line.startsWith('watched ')).length, { timeout: 5000 })
      .toBe(2);
    watching.kill();
    await kubectl('create deployment waited --image=example:1');
    const waiting = kubectl('wait deploy/waited --for=condition=Available --timeout=10s');
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'demo', name: 'waited' };
    await test.client.patch(
      ref,
      'merge',
      { status: { conditions: [{ type: 'Available', status: 'True' }] } },
      { subresource: 'status' },
    );
    expect(await waiting).toBe('deployment.apps/waited condition met\n');
    await kubectl('create configmap held');
    await kubectl(`patch configmap held -p {"metadata":{"finalizers":["example.com/hold"]}}`);
    const deleting = kubectl('delete configmap held --timeout=10s');
    await expect
      .poll(async () => kubectl("get configmap held -o 'jsonpath={.metadata.deletionTimestamp}'"))
      .not.toBe('');
    await kubectl(`patch configmap held --type=merge -p {"metadata":{"finalizers":null}}`);
    expect(await deleting).toContain('deleted');
  });

  scenario('defines kinds and works with them', async () => {
    await kubectl('apply -f -', DEFINITION);
    await kubectl('wait crd/widgets.example.com --for=condition=Established --timeout=5s');
    const widget = (name: string, spec: string) =>
      `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
    expect(await kubectl('apply -f -', widget('one', '{colour: red}'))).toBe(
      'widget.example.com/one created\n',
    );
    expect(await kubectl('apply --server-side -f -', widget('two', '{colour: blue}'))).toContain(
      'serverside-applied',
    );
    expect(await kubectl('get wd')).toMatch(/NAME +COLOUR\none +red\ntwo +blue\n/);
    expect(await kubectl('explain widget.spec')).toContain('What the widget should be.');
    await kubectl('scale widget one --replicas=3');
    expect(await kubectl("get widget one -o 'jsonpath={.spec.replicas}'")).toBe('3');
    expect(await complaint('apply -f -', widget('bad', '{colour: pink}'))).toContain(
      'Unsupported value: "pink"',
    );
    expect(await complaint('apply -f -', widget('bad', '{colour: red, size: 1}'))).toContain(
      'unknown field "spec.size"',
    );
    await kubectl('delete crd widgets.example.com');
    expect(await complaint('get widgets')).toMatch(
      /have a resource type|could not find the requested resource/,
    );
  });

  scenario('reaches into pods', async () => {
    await kubectl('run reached --image=example:1');
    const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'demo', name: 'reached' };
    await test.client.patch(ref, 'merge', { status: { phase: 'Running' } }, { subresource: 'status' });
    expect(await kubectl('logs reached')).toBe('first\nreached/reached says hello\n');
    expect(await kubectl('logs reached --tail=1')).toBe('reached/reached says hello\n');
    expect(await kubectl('exec -i reached -- cat', 'through the pod')).toBe('through the pod');
    const failed = await attempt('exec reached -- node -e console.error("err");process.exit(3)');
    expect(failed).toMatchObject({ exitCode: 3 });
    expect(failed.stderr).toContain('err\n');
    expect(await complaint('exec reached -- no-such-program')).toContain('ENOENT');

    const pod = createServer((request, response) => {
      response.end(`${request.url ?? ''} ${'x'.repeat(200_000)}`);
    }).listen(0, '127.0.0.1');
    await once(pod, 'listening');
    const { port } = pod.address() as AddressInfo;
    const forwarding = start(`port-forward pod/reached :${port} --address=127.0.0.1`);
    try {
      await expect
        .poll(() => forwarding.lines[0], { timeout: 5000 })
        .toMatch(/Forwarding from 127\.0\.0\.1:\d+/);
      const local = /:(\d+) ->/.exec(forwarding.lines[0] ?? '')?.[1] ?? '';
      const answers = await Promise.all(
        ['/a', '/b', '/c'].map(async (path) => (await fetch(`http://127.0.0.1:${local}${path}`)).text()),
      );
      expect(answers.map((text) => [text.slice(0, 2), text.length])).toEqual([
        ['/a', 200_003],
        ['/b', 200_003],
        ['/c', 200_003],
      ]);
    } finally {
      forwarding.kill();
      pod.close();
      pod.closeAllConnections();
    }
    expect(await kubectl('delete pod reached --now')).toContain('"reached" deleted');
  });
});

/** Splits a command line at spaces; single quotes hold a word together. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

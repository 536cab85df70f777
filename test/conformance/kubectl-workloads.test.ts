import { execa, type Options } from 'execa';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { silentLog } from '../../src/lib/log.ts';
import { startKubernetes, type KubernetesServer } from '../../src/servers/kubernetes/server.ts';
import { startRegistry, type RegistryServer } from '../../src/servers/registry/server.ts';
import { kubectlProgram } from '../support/programs.ts';
import { pushImage, SERVER } from '../unit/servers/kubernetes/kubelet/images.ts';

let folder: string;
let server: KubernetesServer;
let registry: RegistryServer;
let images: string[];
let hasKubectl = true;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
  hasKubectl = await execa(kubectlProgram, ['version', '--client'], { reject: false }).then(
    ({ exitCode }) => exitCode === 0,
  );
  registry = await startRegistry({ dataDir: join(folder, 'registry'), port: 0, log: silentLog });
  images = await Promise.all(
    ['1', '2'].map((version) =>
      pushImage(
        registry.host,
        'playground/web',
        { layers: [{ 'app/server.js': SERVER }], config: { Env: [`VERSION=${version}`] } },
        version,
      ),
    ),
  );
  const network = process.pid % 200;
  server = await startKubernetes({
    dataDir: join(folder, 'kubernetes'),
    port: 0,
    ingressPort: 0,
    log: silentLog,
    podNetwork: `127.46.${network}`,
    serviceNetwork: `127.47.${network}`,
  });
  await writeFile(join(folder, 'config'), server.kubeconfig(), { mode: 0o600 });
});
afterAll(async () => {
  await server.close();
  await registry.close();
  const left = await readdir(join(folder, 'kubernetes', 'node', 'processes'));
  await rm(folder, { recursive: true });
  expect(left).toEqual([]);
});

function needKubectl(context: TestContext): void {
  if (!hasKubectl) context.skip('kubectl is not installed');
}

async function kubectl(args: string, options: Options = {}): Promise<string> {
  const result = await execa(kubectlProgram, args.split(' '), {
    env: { KUBECONFIG: join(folder, 'config'), HOME: folder, PATH: process.env.PATH ?? '' },
    extendEnv: false,
    timeout: 20_000,
    reject: false,
    all: true,
    ...options,
  });
  if (result.exitCode !== 0) throw new Error(`kubectl ${args}: ${String(result.all)}`);
  return String(result.stdout);
}

const manifest = (image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ${image}
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: http } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  selector: { app: web }
  ports: [{ name: http, port: 8081, targetPort: http }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  rules:
    - host: web.localhost
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { name: http } } } }] }
`;

const fetchVersion = (port: number, host: string) =>
  new Promise<string>((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { host } }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        resolve((JSON.parse(body) as { version: string }).version);
      });
    }).on('error', reject);
  });

describe('kubectl', () => {
  it('applies a workload and waits for its rollout', async (context) => {
    needKubectl(context);
    await kubectl('apply -f -', { input: manifest(images[0]!) });
    expect(await kubectl('rollout status deployment/web --timeout=15s')).toContain('successfully rolled out');
    expect(await kubectl('get deployment web')).toMatch(/web\s+2\/2\s+2\s+2/);
    const port = Number(await kubectl('get service web -o jsonpath={.spec.ports[0].nodePort}'));
    expect(await fetchVersion(port, `127.0.0.1:${port}`)).toBe('1');
    expect(await fetchVersion(server.ingressPort, `web.localhost:${server.ingressPort}`)).toBe('1');
    expect(await kubectl('get pods -o wide')).toMatch(/1\/1\s+Running\s+0\s+\S+\s+127\.46\./);
    expect(await kubectl('get ingress')).toMatch(/web\s+<none>\s+web\.localhost\s+127\.0\.0\.1/);
    expect(await kubectl('get endpointslices')).toMatch(/IPv4\s+8080/);
    expect(await kubectl('get nodes')).toMatch(/Ready/);
  });

  it('describes pods with their events, and nodes, Services and Deployments', async (context) => {
    needKubectl(context);
    const pods = await kubectl('describe pods -l app=web');
    for (const word of [
      'Scheduled',
      'Pulled',
      'Created',
      'Started',
      'Readiness:',
      'Ready             True',
    ]) {
      expect(pods).toContain(word);
    }
    expect(await kubectl('describe deployment web')).toMatch(/ScalingReplicaSet.*Scaled up replica set/);
    expect(await kubectl('describe node')).toContain('KubeletReady');
    expect(await kubectl('describe service web')).toMatch(/Endpoints:\s+127\.46\..*:8080,127/);
  });

  it('rolls to another image, back, and restarts', async (context) => {
    needKubectl(context);
    await kubectl(`set image deployment/web web=${images[1]!}`);
    await kubectl('rollout status deployment/web --timeout=15s');
    expect(await fetchVersion(server.ingressPort, 'web.localhost')).toBe('2');
    expect(await kubectl('rollout history deployment/web')).toMatch(/1 .*\n2 /);
    await kubectl('rollout undo deployment/web');
    await kubectl('rollout status deployment/web --timeout=15s');
    expect(await fetchVersion(server.ingressPort, 'web.localhost')).toBe('1');
    await kubectl('rollout restart deployment/web');
    await kubectl('rollout status deployment/web --timeout=15s');
    await kubectl('rollout pause deployment/web');
    await kubectl('rollout resume deployment/web');
  });

  it('scales, waits and reads logs', async (context) => {
    needKubectl(context);
    await kubectl('scale deployment/web --replicas=3');
    await kubectl('wait --for=jsonpath={.status.readyReplicas}=3 deployment/web --timeout=15s');
    await kubectl('wait --for=condition=Ready pod -l app=web --timeout=15s');
    await kubectl('scale deployment/web --replicas=1');
    await kubectl('wait --for=jsonpath={.status.replicas}=1 deployment/web --timeout=15s');
    expect(await kubectl('logs deployment/web --tail=1')).toMatch(/^listening 127\.46\./);
  });

  it('follows logs until the pod is deleted', async (context) => {
    needKubectl(context);
    const pod = await kubectl(
      'get pods -l app=web --field-selector=status.phase=Running -o jsonpath={.items[0].metadata.name}',
    );
    const following = kubectl(`logs -f ${pod}`);
    await kubectl(`delete pod ${pod} --wait=true`);
    expect(await following).toContain('terminating');
    await kubectl('rollout status deployment/web --timeout=15s');
  });

  it('runs a command beside a container', async (context) => {
    needKubectl(context);
    expect(await kubectl('exec deployment/web -- node -p process.env.VERSION')).toBe('1');
    await expect(kubectl('exec deployment/web -- node -e process.exit(7)')).rejects.toThrow(/exit code 7/);
    await expect(kubectl('exec deployment/web -- bash')).rejects.toThrow(/engine k3d/);
  });

  it('forwards a port', async (context) => {
    needKubectl(context);
    const child = execa(kubectlProgram, ['port-forward', 'deployment/web', ':8080'], {
      env: { KUBECONFIG: join(folder, 'config'), HOME: folder, PATH: process.env.PATH ?? '' },
      extendEnv: false,
      reject: false,
    });
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        const [, found] = /127\.0\.0\.1:(\d+) ->/.exec(chunk.toString()) ?? [];
        if (found !== undefined) resolve(Number(found));
      });
      void child.then(({ stderr }) => {
        reject(new Error(stderr));
      });
    });
    expect(await fetchVersion(port, `127.0.0.1:${port}`)).toBe('1');
    child.kill();
    await child;
  });

  it('creates a Job and waits for it', async (context) => {
    needKubectl(context);
    await kubectl(`create job sum --image=${images[0]!} -- node -p 6*7`);
    await kubectl('wait --for=condition=complete job/sum --timeout=15s');
    expect(await kubectl('logs job/sum')).toBe('42');
    expect(await kubectl('get job sum')).toMatch(/sum\s+Complete\s+1\/1/);
    await kubectl('delete job sum');
  });

  it('says what is wrong with an image that cannot run here', async (context) => {
    needKubectl(context);
    await kubectl(`run shell --image=${images[0]!} --restart=Never --command -- bash -i`);
    await kubectl(
      'wait --for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=RunContainerError pod/shell --timeout=10s',
    );
    expect(await kubectl('describe pod shell')).toMatch(
      /only images that start with node can run here; the engine k3d/,
    );
    await kubectl('delete pod shell');
  });

  it('refuses a node port that is taken', async (context) => {
    needKubectl(context);
    const port = await kubectl('get service web -o jsonpath={.spec.ports[0].nodePort}');
    await expect(kubectl(`create service nodeport other --tcp=80:80 --node-port=${port}`)).rejects.toThrow(
      /Service "other" is invalid: spec\.ports\[0\]\.nodePort: Invalid value: \d+: provided port is already allocated/,
    );
  });

  it('deletes all of it', async (context) => {
    needKubectl(context);
    await kubectl('delete -f -', { input: manifest(images[0]!) });
    await kubectl('wait --for=delete pod -l app=web --timeout=15s');
    expect(await kubectl('get pods')).toBe('');
    await kubectl('create namespace team');
    await kubectl(`create deployment web --image=${images[0]!} -n team`);
    await kubectl('rollout status deployment/web -n team --timeout=15s');
    await kubectl('delete namespace team --timeout=15s');
    await expect(kubectl('get namespace team')).rejects.toThrow(/not found/);
  });
});

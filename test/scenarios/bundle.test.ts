import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packTar, unpackTar } from 'modern-tar';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseImageReference } from '../../src/clients/image-reference.ts';
import { contentDigest, mediaTypes, type ImageManifest } from '../../src/clients/oci.ts';
import { hostPlatform, Registry } from '../../src/clients/registry.ts';
import { registryServiceHost } from '../../src/config/names.ts';
import pins from '../../src/config/pins.json' with { type: 'json' };
import { configSchema, type Config } from '../../src/config/schema.ts';
import { componentsOf } from '../../src/engines/components/catalog.ts';
import { chartFile } from '../../src/engines/components/charts.ts';
import { componentSettings } from '../../src/engines/components/endpoints.ts';
import { exampleState } from '../../src/engines/components/example.ts';
import { chartPin } from '../../src/engines/components/pins.ts';
import { assetFor, toolInCache } from '../../src/engines/components/tools.ts';
import { podImages } from '../../src/engines/k3d/bundle-content.ts';
import { planSave } from '../../src/engines/k3d/bundle-save.ts';
import { k3dEngine } from '../../src/engines/k3d/engine.ts';
import { platformOf } from '../../src/engines/k3d/names.ts';
import { clusterSteps } from '../../src/engines/k3d/steps.ts';
import { connect } from '../../src/flow/playground.ts';
import { contentOf, createOrganization } from '../../src/flow/seed.ts';
import { silentLog } from '../../src/lib/log.ts';
import { runTasks, type Task } from '../../src/lib/task.ts';
import type { KubernetesServer } from '../../src/servers/kubernetes/server.ts';
import { startRegistry } from '../../src/servers/registry/server.ts';
import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { freeRow } from '../support/free-row.ts';
import { startDockerProxy, type DockerProxy } from '../support/docker-proxy.ts';
import { writeFakeTools } from '../support/fake-tools.ts';
import { internetPossible, startInternet, type Internet } from '../support/internet.ts';
import { offer, pluginCenter } from '../support/plugin-center.ts';
import { startScmManager } from '../unit/clients/scm-manager-server.ts';

/** The sums of the tools and the digests of images are changed to those of the content of this test. */
vi.mock('../../src/config/pins.json', async (original) => {
  const { default: real } = await original<{ default: typeof pins }>();
  return { default: structuredClone(real) };
});

/**
 * A bundle on its whole way: saved from an internet that is a server of the test, and used where there is none. Docker, k3d and
 * helm are programs of the test; downloads, checksums, the packing and the registry that is filled are the real ones.
 */
describe.skipIf(!internetPossible)('a bundle (skipped without openssl, which makes certificates)', () => {
  let folder: string;
  let docker: DockerProxy;
  let cluster: KubernetesServer;
  let internet: Internet;
  let registry: Awaited<ReturnType<typeof startRegistry>> | undefined;
  let bundle: string;
  let port: number;
  const downloads = new Map<string, Buffer>();
  /** With add-ons of every form: a chart with objects, objects alone, and images that only Crossplane's packages name. */
  const addons = ['cert-manager', 'mailpit', 'crossplane'] as const;
  const config = (more: Partial<Config> = {}) =>
    configSchema.parse({ engine: 'k3d', port, with: addons, ...more });
  const addonImages = [
    'quay.io/example/cert-manager:1.0.0',
    'quay.io/example/crossplane:1.0.0',
    'xpkg.crossplane.io/crossplane-contrib/provider-kubernetes:v1.2.1',
  ];
  const images = (more: Partial<Config> = {}) =>
    podImages(config(more), componentSettings(exampleState(config(more)), platformOf('default')));
  /** As the release of k3s lists them. */
  const systemImages = [
    'docker.io/rancher/mirrored-pause:3.6',
    'docker.io/rancher/mirrored-coredns-coredns:1.14.4',
  ];
  const charts = () =>
    componentsOf(config()).flatMap(({ chart }) => (chart === undefined ? [] : [chart.name]));
  const run = (tasks: readonly Task[]) => runTasks(tasks, () => undefined, AbortSignal.timeout(60_000));
  const save = async (settings: Config, file: string) => {
    const { tasks, cleanUp } = planSave(
      settings,
      file,
      (endpoints) => contentOf({ config: settings, endpoints }, 'operator').files,
    );
    await run(tasks).finally(cleanUp);
  };
  /** What `up` does with a bundle, as far as it goes without images that run. */
  const up = (file: string, more: Partial<Config> = {}) => {
    const steps = clusterSteps(config({ bundle: file, ...more }));
    return run(steps.filter(({ id }) => !id.startsWith('install-') && id !== 'pulls'));
  };
  const home = (name: string) => {
    vi.stubEnv('GITOPS_PLAYGROUND_HOME', join(folder, name));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bundle-'));
    home('maker');
    docker = await startDockerProxy();
    vi.stubEnv('DOCKER_HOST', `unix://${docker.socket}`);
    cluster = await startEmbeddedCluster(folder, 'k3d-gp-default');
    port = await freeRow();
    await fillDownloads();
    const hosts: Record<string, RequestListener> = {};
    for (const url of downloads.keys()) hosts[new URL(url).host] = serveDownloads;
    hosts['plugin-center-api.scm-manager.org'] = pluginCenter(() => [
      offer('scm-review-plugin', ['scm-mail-plugin']),
      offer('scm-webhook-plugin'),
      offer('scm-mail-plugin'),
      offer('scm-editor-plugin'),
    ]);
    for (const image of [...images(), ...addonImages]) {
      const { registry: host } = parseImageReference(image);
      hosts[host === 'docker.io' ? 'registry-1.docker.io' : host] = serveImage;
    }
    internet = await startInternet(join(folder, 'internet'), hosts);
    for (const [name, value] of Object.entries(internet.env)) vi.stubEnv(name, value);
    for (const name of ['https_proxy', 'no_proxy', 'all_proxy', 'ALL_PROXY']) vi.stubEnv(name, undefined);
    // Neither k3d nor helm is on the PATH.
    mkdirSync(join(folder, 'bin'));
    symlinkSync(process.execPath, join(folder, 'bin', 'node'));
    vi.stubEnv('PATH', join(folder, 'bin'));
    bundle = join(folder, 'class.bundle');
    docker.rule = dockerRule;
    await save(config(), bundle);
  }, 60_000);
  beforeEach(() => {
    internet.requests.length = 0;
    docker.calls.length = 0;
    docker.rule = dockerRule;
  });
  afterEach(async () => {
    await k3dEngine.down('default', () => undefined).catch(() => undefined);
    await registry?.close();
    registry = undefined;
  });
  afterAll(async () => {
    await internet?.close();
    await docker.close();
    await cluster.close();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const dockerRule: DockerProxy['rule'] = ({ method, path }) => {
    if (method === 'POST' && path === '/images/load') return { lines: [{ stream: 'Loaded image' }] };
    if (method === 'POST' && path.endsWith('/tag')) return { status: 201, json: {} };
    if (method === 'POST' && path.endsWith('-registry/start') && registry === undefined) {
      // As Docker would start it.
      void startRegistry({ dataDir: join(folder, 'registry'), port: port + 2, log: silentLog }).then(
        (started) => (registry = started),
      );
    }
    return undefined;
  };

  /** The files of the layer that an image has more than the one that its publisher made, by their paths. */
  async function pluginsIn(from: Registry, image: string): Promise<Record<string, string>> {
    const { repository, tag = '' } = parseImageReference(image);
    const { manifest: derived, config: described } = (await from.image(repository, tag))!;
    expect(derived.layers).toHaveLength(2);
    expect(described.rootfs.diff_ids).toHaveLength(1);
    const packed = await from.readBlob(repository, derived.layers[1]!);
    const entries = await unpackTar(gunzipSync(packed));
    return Object.fromEntries(
      entries.map(({ header, data }) => [header.name, Buffer.from(data ?? []).toString()]),
    );
  }

  /** Which only the objects of its add-on name. */
  function mailpitImage(): string {
    const { endpoints } = componentSettings(exampleState(config()), platformOf('default'));
    const { files } = contentOf({ config: config(), endpoints }, 'operator');
    const objects = files.find(({ path }) => path.startsWith('addons/mailpit/'))?.content ?? '';
    return /image: (\S+)/.exec(objects)?.[1] ?? '';
  }

  /** Tools under their pinned addresses, with sums that are theirs, and charts. */
  async function fillDownloads(): Promise<void> {
    const all = [...images(), ...images({ gitServer: 'scm-manager' })];
    for (const image of Object.values(pins.images))
      if (image.digest !== null && all.some((wanted) => wanted.startsWith(image.reference)))
        image.digest = contentDigest(manifest);
    const tools = join(folder, 'tools');
    mkdirSync(tools);
    writeFakeTools(tools, cluster.kubeconfig());
    for (const name of ['k3d', 'helm'] as const) {
      const asset = assetFor(name) as { url: string; sha256: string; member?: string };
      const program = readFileSync(join(tools, name));
      const content =
        asset.member === undefined
          ? program
          : gzipSync(
              await packTar([
                { header: { name: asset.member, size: program.length, mode: 0o755 }, body: program },
              ]),
            );
      asset.sha256 = createHash('sha256').update(content).digest('hex');
      downloads.set(asset.url, content);
    }
    for (const name of [...charts(), 'scm-manager' as const])
      downloads.set(chartPin(name).url, Buffer.from(`the chart ${String(name)}`));
    const release = 'https://github.com/k3s-io/k3s/releases/download/v1.35.5%2Bk3s1/';
    downloads.set(`${release}k3s-images.txt`, Buffer.from(`${systemImages.join('\n')}\n`));
    for (const [name, pin] of Object.entries<{ sha256: string | null }>({
      ...pins.charts,
      ...pins.addonCharts,
    }))
      if (pin.sha256 !== null) pin.sha256 = createHash('sha256').update(`the chart ${name}`).digest('hex');
    for (const [name, version] of Object.entries(pins.jenkinsPlugins)) {
      const url = `https://updates.jenkins.io/download/plugins/${name}/${version}/${name}.hpi`;
      downloads.set(url, Buffer.from(`the plugin ${name}`));
    }
  }
  const serveDownloads: RequestListener = (request, response) => {
    const content = downloads.get(`https://${request.headers.host ?? ''}${request.url ?? ''}`);
    if (content === undefined) response.writeHead(404).end();
    else response.end(content);
  };
  const layer = Buffer.from('a layer');
  const imageConfig = Buffer.from(
    JSON.stringify({ ...hostPlatform(), rootfs: { type: 'layers', diff_ids: [] } }),
  );
  const descriptor = (mediaType: string, content: Buffer) => ({
    ...{ mediaType, digest: contentDigest(content), size: content.length },
  });
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: mediaTypes.manifest },
      config: descriptor(mediaTypes.config, imageConfig),
      layers: [descriptor(mediaTypes.layerGzip, layer)],
    }),
  );
  const serveImage: RequestListener = (request, response) => {
    const path = request.url ?? '';
    const blob = [layer, imageConfig].find((content) => path.endsWith(contentDigest(content)));
    if (path.includes('/manifests/'))
      response.writeHead(200, { 'content-type': mediaTypes.manifest }).end(manifest);
    else if (blob === undefined) response.writeHead(404).end('{}');
    else response.end(blob);
  };

  test('brings tools, charts and images to a machine that asks nobody else for them', async () => {
    home('room');
    await up(bundle);
    expect(internet.requests).toEqual([]);
    for (const name of ['k3d', 'helm'] as const)
      expect(await toolInCache(name)).toMatchObject({ from: 'cache' });
    for (const name of charts())
      expect(readFileSync(chartFile(name), 'utf8')).toBe(`the chart ${String(name)}`);
    expect(docker.calls).toContain('POST /images/load');
    const filled = new Registry({ host: `127.0.0.1:${port + 2}` });
    const jenkins = images({ bundle }).find((image) => image.includes('-plugins-')) ?? '';
    expect(jenkins).toMatch(/jenkins:\S+-plugins-[0-9a-f]{8}$/);
    for (const image of [...systemImages, ...images({ bundle }), ...addonImages, mailpitImage()]) {
      const { repository, tag = '' } = parseImageReference(image);
      const digest = await filled.resolve(repository, tag);
      if (image === jenkins) expect(digest).toMatch(/^sha256:/);
      else expect(digest, image).toBe(contentDigest(manifest));
    }
    expect(await pluginsIn(filled, jenkins)).toEqual(
      Object.fromEntries(
        Object.keys(pins.jenkinsPlugins).map((name) => [
          `usr/share/jenkins/ref/plugins/${name}.jpi`,
          `the plugin ${name}`,
        ]),
      ),
    );
    for (const name of ['cert-manager', 'crossplane'] as const) {
      const artifact = await filled.manifest(`charts/${name}`, pins.addonCharts[name].version);
      const { config: described, layers } = JSON.parse(artifact?.bytes.toString() ?? '{}') as ImageManifest;
      expect(described.mediaType).toBe('application/vnd.cncf.helm.config.v1+json');
      expect(layers).toEqual([
        descriptor('application/vnd.cncf.helm.chart.content.v1.tar+gzip', Buffer.from(`the chart ${name}`)),
      ]);
    }
    filled.close();
  }, 60_000);

  test('of an SCM-Manager brings its plugins, which the server takes out of the registry', async () => {
    home('maker');
    const file = join(folder, 'scm.bundle');
    const chosen: Partial<Config> = { gitServer: 'scm-manager', with: [] };
    await save(config(chosen), file);
    internet.requests.length = 0;
    home('scm-room');
    await up(file, chosen);
    expect(internet.requests).toEqual([]);
    const server = await startScmManager();
    const here = `127.0.0.1:${port + 2}`;
    server.state.available = [];
    server.state.seen = (address) => address.replace(registryServiceHost, here);
    const settings = config({ ...chosen, bundle: file });
    const { endpoints } = componentSettings(exampleState(settings), platformOf('default'));
    const login = { username: 'developer', password: 'correct-horse-battery' };
    const at = connect(settings, {
      ...endpoints,
      git: { ...endpoints.git, url: server.url, ...login },
      registry: { ...endpoints.registry, host: here },
    });
    await createOrganization(at);
    expect(server.state.plugins).toEqual([
      ...['scm-git-plugin', 'scm-mail-plugin', 'scm-review-plugin', 'scm-webhook-plugin'],
    ]);
    at.registry.close();
    await server.close();
  }, 60_000);

  test('that was made with Gitea is refused for an SCM-Manager, with what it lacks', async () => {
    home('other-room');
    await expect(up(bundle, { gitServer: 'scm-manager' })).rejects.toMatchObject({
      code: 'bundle-incomplete',
      message: expect.stringMatching(
        /scm-manager 3\.11\.10, .*the plugin scm-review-plugin of SCM-Manager, the plugin scm-webhook-plugin/,
      ) as string,
    });
  }, 60_000);

  test('is refused where it lacks an add-on that is asked for', async () => {
    home('lacking');
    const more = configSchema.parse({ engine: 'k3d', port, with: [...addons, 'velero'], bundle });
    await expect(
      run(clusterSteps(more).filter(({ id }) => ['docker', 'bundle'].includes(id))),
    ).rejects.toMatchObject({
      code: 'bundle-incomplete',
      message: expect.stringMatching(/lacks velero .*the add-on velero/) as string,
    });
  }, 60_000);

  test.each([
    ['cut off', (file: string) => truncateSync(file, Math.floor(readFileSync(file).length / 2))],
    [
      'changed on its way',
      (file: string) => {
        const content = readFileSync(file);
        content.write('THE', content.indexOf(`the chart ${String(charts()[0])}`));
        writeFileSync(file, content);
      },
    ],
  ])(
    'that was %s is refused by name, and nothing of it is used',
    async (_what, damage) => {
      home('damaged');
      const file = join(folder, 'damaged.bundle');
      writeFileSync(file, readFileSync(bundle));
      damage(file);
      await expect(up(file)).rejects.toMatchObject({
        code: 'bundle-damaged',
        message: expect.stringContaining(`the bundle ${file} is damaged`) as string,
        hint: expect.stringContaining('copy it again') as string,
      });
      expect(await toolInCache('k3d')).toBeUndefined();
      expect(charts().filter((name) => existsSync(chartFile(name)))).toEqual([]);
      expect(docker.calls.filter((call) => call.startsWith('POST '))).toEqual([]);
    },
    60_000,
  );

  test('is not made of a tool that is not what its publisher has released', async () => {
    home('other-maker');
    const { url } = assetFor('k3d');
    const right = downloads.get(url)!;
    downloads.set(url, Buffer.from('something that came in between'));
    const file = join(folder, 'other.bundle');
    await expect(save(config(), file)).rejects.toMatchObject({
      code: 'checksum-wrong',
      message: expect.stringContaining('k3d') as string,
    });
    downloads.set(url, right);
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.bundle-'))).toEqual([]);
  }, 60_000);
});

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Registry } from '../../src/clients/registry.ts';
import { addonChartFile, addonImages } from '../../src/engines/components/addon-charts.ts';
import { pushChart } from '../../src/engines/components/bundle-charts.ts';
import { pullChart } from '../../src/engines/components/helm.ts';
import { listen } from '../../src/lib/http/listen.ts';
import { silentLog } from '../../src/lib/log.ts';
import { startRegistry } from '../../src/servers/registry/server.ts';
import { helmProgram, isInstalled } from '../support/programs.ts';

/** Charts of add-ons as bundles take them: from a repository, and back out of a registry, by the real helm. */
describe.skipIf(!isInstalled(helmProgram, 'version'))('charts, with the real helm', () => {
  const helm = { name: 'helm', file: helmProgram, version: '4.1.4', from: 'PATH' } as const;
  const signal = new AbortController().signal;
  let folder: string;
  let chart: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'charts-'));
    vi.stubEnv('GITOPS_PLAYGROUND_HOME', join(folder, 'home'));
    const templates = join(folder, 'mailer', 'templates');
    mkdirSync(templates, { recursive: true });
    writeFileSync(join(folder, 'mailer', 'Chart.yaml'), 'apiVersion: v2\nname: mailer\nversion: 1.2.0\n');
    writeFileSync(join(folder, 'mailer', 'values.yaml'), 'tag: "1"\n');
    writeFileSync(
      join(templates, 'pod.yaml'),
      `apiVersion: v1
kind: Pod
metadata: { name: mailer, namespace: {{ .Release.Namespace }} }
spec: { containers: [{ name: mailer, image: "example.com/mailer:{{ .Values.tag }}-{{ .Capabilities.KubeVersion.Minor }}" }] }
`,
    );
    await execa(helmProgram, ['package', join(folder, 'mailer'), '--destination', folder]);
    chart = join(folder, 'mailer-1.2.0.tgz');
  }, 60_000);
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  test('one that was pushed is pulled by its name and version, byte for byte', async () => {
    const server = await startRegistry({ dataDir: join(folder, 'registry'), port: 0, log: silentLog });
    const registry = new Registry({ host: server.host });
    await pushChart(registry, { name: 'mailer', version: '1.2.0' }, chart);
    await pushChart(registry, { name: 'mailer', version: '1.2.0' }, chart);
    const out = join(folder, 'out');
    mkdirSync(out);
    await execa(helmProgram, [
      ...['pull', `oci://${server.host}/charts/mailer`, '--version', '1.2.0'],
      ...['--plain-http', '--destination', out],
    ]);
    expect(readFileSync(join(out, 'mailer-1.2.0.tgz'))).toEqual(readFileSync(chart));
    registry.close();
    await server.close();
  }, 60_000);

  test('one is fetched from a repository, and one that its repository does not have is told of', async () => {
    await execa(helmProgram, ['repo', 'index', folder]);
    const listener = await listen(
      createServer((request, response) => {
        const name = request.url?.slice(1) ?? '';
        if (/^(index\.yaml|mailer-1\.2\.0\.tgz)$/.test(name)) response.end(readFileSync(join(folder, name)));
        else response.writeHead(404).end();
      }),
      { port: 0 },
    );
    const repository = `http://127.0.0.1:${listener.port}`;
    const pulled = join(folder, 'pulled');
    mkdirSync(pulled);
    await pullChart(helm, { name: 'mailer', version: '1.2.0', repository, folder: pulled }, signal);
    expect(readFileSync(join(pulled, 'mailer-1.2.0.tgz'))).toEqual(readFileSync(chart));
    await expect(
      pullChart(helm, { name: 'mailer', version: '9.9.9', repository, folder: pulled }, signal),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/helm pull mailer failed: .*9\.9\.9/) as string,
      hint: expect.stringContaining('check the internet connection') as string,
    });
    await listener.close();
  }, 60_000);

  test('the images of an add-on are those of its chart with the values of its Application, and of its objects', async () => {
    const file = addonChartFile('velero');
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(chart, file);
    const application = `kind: Application
spec:
  sources:
    - chart: velero
      helm: { releaseName: mailer, valuesObject: { tag: "2", proxy: { image: "example.com/proxy:3" } } }
    - path: addons/velero/objects
  destination: { namespace: mail }
`;
    const files = [
      { path: 'applications/addon-velero.yaml', content: application },
      { path: 'applications/storefront-staging.yaml', content: 'kind: Application\n' },
      {
        path: 'addons/velero/objects/store.yaml',
        content: 'spec: { image: "example.com/store:1" }\n---\nspec: { image: "localhost:8402/own:1" }\n',
      },
    ];
    expect(await addonImages(helm, files, signal)).toEqual([
      'example.com/mailer:2-35',
      'example.com/proxy:3',
      'example.com/store:1',
    ]);
  }, 60_000);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../../../../src/lib/package.ts';
import { types } from '../../../../../src/servers/kubernetes/controllers/objects.ts';
import { isReady, podObject, startNode, type NodeHarness } from './harness.ts';
import { pushImage } from './images.ts';

let node: NodeHarness;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  await node.close();
});

it('runs the seeded application, which is made of modules', async () => {
  const source = join(packageRoot, 'manifests', 'repos', 'app');
  const files = readdirSync(join(source, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const layer = Object.fromEntries(
    [join(source, 'package.json'), ...files].map((file) => [
      `app/${relative(source, file)}`,
      readFileSync(file, 'utf8'),
    ]),
  );
  const revision = 'a'.repeat(40);
  const image = await pushImage(node.registry, 'playground/storefront', {
    layers: [layer],
    config: { Entrypoint: ['node', 'src/server.js'], Cmd: null, User: 'node', Env: [`REVISION=${revision}`] },
  });
  node.cluster.create(types.pods, {
    ...podObject('storefront', image, {
      env: [
        { name: 'IMAGE', value: image },
        { name: 'STAGE', value: 'staging' },
      ],
      readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
      resources: { limits: { memory: '128Mi' } },
      securityContext: { readOnlyRootFilesystem: true },
    }),
  });
  const pod = await node.until('storefront', isReady);
  const url = `http://${pod.status?.podIP}:8080`;
  expect(await (await fetch(`${url}/version`)).json()).toMatchObject({ revision, image, pod: 'storefront' });
  expect((await fetch(`${url}/style.css`)).status).toBe(200);
  expect((await fetch(`${url}/`)).status).toBe(200);
  expect(await node.logs('storefront')).not.toMatch(/warning/i);
});

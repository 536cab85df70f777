import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from 'modern-tar';
import { mediaTypes } from '../../../../../src/clients/oci.ts';
import { Registry } from '../../../../../src/clients/registry.ts';

export interface ImageFixture {
  /** Text by path; the layers of the image, one after the other. */
  readonly layers: readonly (Readonly<Record<string, string>> | readonly TarEntry[])[];
  readonly config?: Record<string, unknown>;
}

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Pushes an image to a registry; gives its reference by digest. */
export async function pushImage(
  host: string,
  repository: string,
  fixture: ImageFixture,
  tag = 'latest',
): Promise<string> {
  const registry = new Registry({ host });
  const layers: { mediaType: string; digest: string; size: number }[] = [];
  const diffIds: string[] = [];
  for (const layer of fixture.layers) {
    const entries: readonly TarEntry[] = Array.isArray(layer)
      ? (layer as readonly TarEntry[])
      : Object.entries(layer as Record<string, string>).map(([name, body]) => ({
          header: { name, size: Buffer.byteLength(body), type: 'file' as const },
          body,
        }));
    const tar = await packTar([...entries]);
    const bytes = gzipSync(tar);
    diffIds.push(sha256(tar));
    layers.push({
      mediaType: mediaTypes.layerGzip,
      digest: await registry.pushBlob(repository, bytes),
      size: bytes.length,
    });
  }
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {
        Env: ['PATH=/usr/local/bin', 'STAGE=image'],
        WorkingDir: '/app',
        Cmd: ['node', 'server.js'],
        ...fixture.config,
      },
      rootfs: { type: 'layers', diff_ids: diffIds },
    }),
  );
  const digest = await registry.pushBlob(repository, config);
  const manifest = await registry.pushManifest(repository, tag, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest, size: config.length },
    layers,
  });
  registry.close();
  return `${host}/${repository}@${manifest}`;
}

/** A small web server that tells about its world, and ends gracefully. */
export const SERVER = `
const http = require('node:http'), fs = require('node:fs'), path = require('node:path');
const read = (f) => { try { return fs.readFileSync(f, 'utf8') } catch (e) { return 'no: ' + e.code } };
const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/read') response.end(read(url.searchParams.get('file')));
  else if (url.pathname === '/write') { try { fs.writeFileSync(url.searchParams.get('file'), 'x'); response.end('done') } catch (e) { response.end('no: ' + e.code) } }
  else if (url.pathname === '/env') response.end(JSON.stringify(process.env));
  else if (url.pathname === '/spawn') { try { require('node:child_process').execSync('id'); response.end('done') } catch (e) { response.end('no: ' + e.code) } }
  else if (url.pathname === '/crash') { response.end('bye'); setTimeout(() => process.exit(3), 5) }
  else if (url.pathname === '/self') http.get('http://localhost:8080/', (r) => { r.resume(); response.end('localhost ' + r.statusCode) });
  else if (url.pathname === '/lookup') require('node:dns').lookup(url.searchParams.get('name'), (e, a) => response.end(e ? 'no: ' + e.code : a));
  else response.end(JSON.stringify({ version: process.env.VERSION ?? 'none', hostname: require('node:os').hostname(), pid: process.pid }));
});
server.listen(Number(process.env.PORT ?? 8080), () => console.log('listening', server.address().address));
process.on('SIGTERM', () => { console.log('terminating'); server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

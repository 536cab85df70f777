import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { createCluster } from '../../../../../src/servers/kubernetes/storage/cluster-store.ts';

/** Writes for as long as it lives, and says what was acknowledged. */
const WRITER = `
import { createCluster } from './src/servers/kubernetes/storage/cluster-store.ts';
const cluster = createCluster({ dataDir: process.argv[2] });
const type = { group: '', resource: 'configmaps' };
cluster.create({ group: '', resource: 'namespaces' }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
for (let i = 0; ; i += 1) {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' + (i % 50), namespace: 'default' }, data: { i: String(i), fill: 'x'.repeat(2000) } };
  const made = i < 50 ? cluster.create(type, object) : cluster.update(type, object);
  require('node:fs').writeSync(1, made.metadata.resourceVersion + '\\n');
}`;

it('nothing that was acknowledged is lost by kill -9', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'durable-'));
  try {
    const program = join(dataDir, 'writer.cjs');
    await build({
      stdin: { contents: WRITER, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: program,
      logLevel: 'silent',
      define: { 'import.meta.url': '"file:///"' },
      external: ['@marcbachmann/cel-js'],
    });
    const child = spawn(process.execPath, [program, join(dataDir, 'store')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let acknowledged = 0;
    createInterface({ input: child.stdout }).on('line', (line) => {
      acknowledged = Number(line);
      if (acknowledged === 3000) child.kill('SIGKILL');
    });
    await once(child, 'close');
    expect(acknowledged).toBeGreaterThanOrEqual(3000);
    const cluster = createCluster({ dataDir: join(dataDir, 'store') });
    expect(cluster.revision()).toBeGreaterThanOrEqual(acknowledged);
    const maps = cluster.list({ group: '', resource: 'configmaps' });
    expect(maps).toHaveLength(50);
    expect(Math.max(...maps.map(({ metadata }) => Number(metadata.resourceVersion)))).toBe(
      cluster.revision(),
    );
    cluster.close();
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

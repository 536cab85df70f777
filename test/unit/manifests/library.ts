import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { seededRepositories } from '../../../src/flow/repositories.ts';
import { builtFile } from '../../../src/lib/package.ts';

/** A module of the pipeline library as it is built. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- plain JavaScript, which is tested by what it does
export function libraryModule(name: string): Promise<any> {
  return import(builtFile('repos', 'pipeline-library', 'resources', name));
}

export const programFile = builtFile('repos', 'pipeline-library', 'resources', 'manifests.mjs');

/** A folder with these files, removed when the test is over. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'manifests-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** The files of one seeded repository by their path. */
export function seeded(repository: string): Record<string, string> {
  const repositories = seededRepositories({
    organization: 'playground',
    application: 'storefront',
    gitUrl: 'http://127.0.0.1:9000',
    gitClusterUrl: 'http://127.0.0.1:9000',
    ciUrl: 'http://127.0.0.1:9002',
    registryHost: '127.0.0.1:9001',
    ingressPort: 9005,
  });
  const files = repositories.find(({ name }) => name === repository)?.files ?? [];
  return Object.fromEntries(files.map(({ path, content }) => [path, content]));
}

/** The seeded manifests of one stage of the application, by file name. */
export function seededStage(stage: string): Record<string, string> {
  const prefix = `k8s/${stage}/`;
  const files = Object.entries(seeded('storefront')).filter(([path]) => path.startsWith(prefix));
  return Object.fromEntries(files.map(([path, content]) => [path.slice(prefix.length), content]));
}

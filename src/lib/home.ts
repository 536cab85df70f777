import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { systemCode } from './errors.ts';

/**
 * The folder under which every playground keeps its own: `$GITOPS_PLAYGROUND_HOME`, or the place that the
 * platform has for a program's data.
 */
export function playgroundsHome(): string {
  return process.env.GITOPS_PLAYGROUND_HOME ?? envPaths('gitops-playground', { suffix: '' }).data;
}

/** The folder for what can be fetched again: tools and charts, shared by all playgrounds of this user. */
export function cacheFolder(): string {
  const home = process.env.GITOPS_PLAYGROUND_HOME;
  return home === undefined ? envPaths('gitops-playground', { suffix: '' }).cache : join(home, '.cache');
}

export function playgroundFolder(name: string): string {
  return join(playgroundsHome(), name);
}

/** The names of the playgrounds that this user has, running or not. */
export async function playgroundNames(): Promise<string[]> {
  try {
    const entries = await readdir(playgroundsHome(), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}

import type { GitServer } from '../clients/git-server.ts';
import { hasStatus } from '../clients/http.ts';

/** The files below a folder (or the file of that name) by their whole path, each with the id of its content. */
export async function listFiles(
  git: GitServer,
  owner: string,
  repository: string,
  path: string,
  ref: string,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const found = await git.listFolder(owner, repository, path, ref).catch((error: unknown) => {
    if (hasStatus(error, 404)) return [];
    throw error;
  });
  // A file answers for itself, a folder with its entries.
  const entries = Array.isArray(found) ? found : [found];
  const folders: string[] = [];
  for (const entry of entries) {
    if (entry.type === 'dir') folders.push(entry.path);
    else if (entry.type === 'file') files.set(entry.path, entry.sha);
  }
  const below = await Promise.all(folders.map((folder) => listFiles(git, owner, repository, folder, ref)));
  for (const some of below) for (const [name, id] of some) files.set(name, id);
  return files;
}

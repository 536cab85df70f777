import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { repositoryRoot } from '../clients/git-server.ts';
import { readPack } from '../clients/git/pack.ts';
import { NO_OBJECT, pushPack } from '../clients/git/push.ts';
import { basicAuthorization } from '../lib/http/auth.ts';
import { gitFailed } from './commit.ts';
import type { Playground } from './playground.ts';

/** Commit (or tag object) by full reference name, branches and tags only. */
export type References = Readonly<Record<string, string>>;

/** Writes a pack with everything that a repository's branches and tags need; no file where there are none. */
export async function copyRepository(
  playground: Playground,
  repository: string,
  file: string,
): Promise<References> {
  const references = await readReferences(playground, repository);
  const want = [...new Set(Object.values(references))];
  if (want.length === 0) return references;
  const { url, authorization } = remoteOf(playground, repository);
  await writeFile(file, readPack({ url, authorization, want, have: [] }), { mode: 0o600 }).catch(
    (error: unknown) => {
      throw gitFailed('fetch', url, error);
    },
  );
  return references;
}

/** Makes the branches and tags of a repository these again, whose copy is in the file. */
export async function restoreReferences(
  playground: Playground,
  repository: string,
  file: string,
  wanted: References,
): Promise<void> {
  const present = await readReferences(playground, repository);
  const updates = [...new Set([...Object.keys(present), ...Object.keys(wanted)])]
    .map((ref) => ({ ref, before: present[ref] ?? NO_OBJECT, after: wanted[ref] ?? NO_OBJECT }))
    .filter(({ before, after }) => before !== after);
  const restores = updates.some(({ after }) => after !== NO_OBJECT);
  const { url, authorization } = remoteOf(playground, repository);
  const pack = restores ? { pack: createReadStream(file) } : {};
  await pushPack({ url, authorization, updates, ...pack }).catch((error: unknown) => {
    throw gitFailed('push', url, error);
  });
}

export async function readReferences(
  { git: api, config }: Playground,
  repository: string,
): Promise<References> {
  const references = await api.listReferences(config.organization, repository);
  const kept = references.filter(({ ref }) => /^refs\/(heads|tags)\//.test(ref));
  return Object.fromEntries(kept.map(({ ref, object }) => [ref, object.sha] as const));
}

function remoteOf({ endpoints, config }: Playground, repository: string) {
  const { url, username, password } = endpoints.git;
  return {
    url: `${repositoryRoot(config.gitServer, url)}/${config.organization}/${repository}.git`,
    authorization: basicAuthorization(username, password),
  };
}

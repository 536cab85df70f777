import { parseAllDocuments, type Document } from 'yaml';
import { hasStatus } from '../../clients/http.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { listApplications } from '../applications.ts';
import { mainBranch } from '../names.ts';
import type { Playground } from '../playground.ts';

/** A file in a repository: its `owner`, `repository` and `path`. */
type ManifestPlace = Readonly<Record<string, string>>;

interface Manifest {
  readonly place: ManifestPlace;
  /** All documents of the file, and the Deployment among them. */
  readonly documents: readonly Document[];
  readonly deployment: Document;
  /** The blob that it was read from. */
  readonly sha: string;
}

/** Who commits what turns out to be a mistake, and takes it back. */
const colleague = { name: 'A colleague', email: 'colleague@example.com' };
const TRIES = 3;

/** The file from which the operator takes the Deployment of a stage. @throws PlaygroundError `fault-impossible`. */
export async function findDeployment(playground: Playground, stage: string): Promise<Manifest> {
  const { git } = playground;
  const application = (await listApplications(await playground.cluster(), playground.config.operator)).find(
    ({ spec }) => spec.destination.namespace === stage,
  );
  const { repoURL = '', path: folder = '' } = application?.spec.source ?? {};
  const [owner = '', repository = ''] = /([^/]+)\/([^/]+?)(?:\.git)?$/.exec(repoURL)?.slice(1) ?? [];
  const files = await git.listFolder(owner, repository, folder, mainBranch).catch(() => []);
  for (const { path, type } of files) {
    if (type !== 'file' || !/\.ya?ml$/.test(path)) continue;
    const manifest = await readManifest(playground, { owner, repository, path });
    if (manifest !== undefined) return manifest;
  }
  throw new PlaygroundError({
    code: 'fault-impossible',
    message: `no Deployment for ${stage} was found in ${repoURL === '' ? 'any repository' : `${repoURL}, folder ${folder}`}`,
    hint: 'bring the seeded state back: gitops-playground reset',
  });
}

/** A file as it is now; undefined when it is gone, or holds no Deployment. */
export async function readManifest(
  { git }: Playground,
  { owner = '', repository = '', path = '' }: ManifestPlace,
): Promise<Manifest | undefined> {
  const file = await git.findFile(owner, repository, path, mainBranch);
  if (file?.content == null) return undefined;
  const documents = parseAllDocuments(Buffer.from(file.content, 'base64').toString());
  if (!Array.isArray(documents)) return undefined;
  const deployment = documents.find((document) => document.get('kind') === 'Deployment');
  if (deployment === undefined) return undefined;
  return { place: { owner, repository, path }, documents, deployment, sha: file.sha };
}

/**
 * Commits a change of a Deployment. Somebody may commit at the same time; then it is done again on top of that.
 * @param change false when there is nothing to do.
 * @returns the commit; undefined when there was nothing to do.
 */
export async function changeManifest(
  playground: Playground,
  place: ManifestPlace,
  message: string,
  change: (deployment: Document) => boolean,
): Promise<string | undefined> {
  for (let tries = TRIES; ; tries -= 1) {
    const manifest = await readManifest(playground, place);
    if (manifest === undefined || !change(manifest.deployment)) return undefined;
    const { owner = '', repository = '', path = '' } = manifest.place;
    const content = manifest.documents.map((document) => document.toString({ lineWidth: 0 })).join('');
    try {
      const { commit } = await playground.git.updateFile(owner, repository, path, content, manifest.sha, {
        message,
        branch: mainBranch,
        author: colleague,
      });
      return commit.sha;
    } catch (error) {
      if (tries === 1 || !hasStatus(error, 409, 422)) throw error;
    }
  }
}

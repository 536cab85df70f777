import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addonsOf, type AddonName } from '../config/addons.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { readFileIfExists, writeFileAtomic } from '../lib/fs.ts';
import { copyRepository, type References } from './mirror.ts';
import { buildNumbers, type BuildNumbers } from './builds.ts';
import { imageTags, type ImageTags } from './images.ts';
import { liveObjects } from './live-objects.ts';
import type { KubeObject } from '../clients/kubernetes.ts';
import type { Playground } from './playground.ts';
import { pendingRevision } from './prove-build.ts';
import { listRepositories } from './inventory.ts';

/** The seeded state, as it was when the loop had been proven: what `reset` goes back to. */
export interface Baseline {
  readonly version: 1;
  /** The application's commit that both stages answered with. */
  readonly revision: string;
  readonly repositories: Readonly<
    Record<string, { readonly references: References; readonly pulls: readonly number[] }>
  >;
  readonly builds: BuildNumbers;
  readonly images: ImageTags;
  /** Every object of the cluster that no controller made, without what the API server and controllers write. */
  readonly objects: readonly KubeObject[];
  /** The add-ons that the operator's repository has in it; none where this is absent. */
  readonly addons?: readonly AddonName[];
}

function files({ folder }: Playground) {
  const base = join(folder, 'baseline');
  return {
    base,
    document: join(base, 'baseline.json'),
    copy: (repository: string) => join(base, `${repository}.pack`),
  };
}

/** The copy of a repository as it was seeded. */
export function baselineCopy(playground: Playground, repository: string): string {
  return files(playground).copy(repository);
}

export async function hasBaseline(playground: Playground): Promise<boolean> {
  return (await readFileIfExists(files(playground).document)) !== undefined;
}

/** @throws PlaygroundError `not-proven` when the loop has not been proven yet, `baseline-corrupt`. */
export async function readBaseline(playground: Playground): Promise<Baseline> {
  const { document } = files(playground);
  const { name } = playground.config;
  const text = await readFileIfExists(document);
  if (text === undefined) {
    throw new PlaygroundError({
      code: 'not-proven',
      message: `the playground "${name}" has no seeded state to go back to yet: its loop has not been proven`,
      hint: 'finish the start first: gitops-playground up',
    });
  }
  try {
    const baseline = JSON.parse(text) as Partial<Baseline> | null;
    const { version, revision, repositories, builds, images, objects } = baseline ?? {};
    if (
      version !== 1 ||
      typeof revision !== 'string' ||
      ![repositories, builds, images, objects].every((part) => typeof part === 'object')
    ) {
      throw new TypeError('something is missing in it');
    }
    return baseline as Baseline;
  } catch (error) {
    throw new PlaygroundError({
      code: 'baseline-corrupt',
      message: `${document} is damaged, so the seeded state is not known any more`,
      hint: 'begin anew: gitops-playground down, then gitops-playground up',
      cause: error,
    });
  }
}

/** Takes note that a repository is made anew and loses the pull requests that it was seeded with: their numbers come again. */
export async function forgetPulls(playground: Playground, repository: string): Promise<void> {
  const baseline = await readBaseline(playground);
  const kept = baseline.repositories[repository];
  if (kept === undefined) return;
  const repositories = { ...baseline.repositories, [repository]: { ...kept, pulls: [] } };
  await writeBaseline(playground, { ...baseline, repositories });
}

/**
 * Copies the repositories as they are now, and tells what is in them: a new beginning, without what was copied before.
 * @param except those that something still writes to.
 */
export async function copyRepositories(
  playground: Playground,
  except: readonly string[] = [],
): Promise<Baseline['repositories']> {
  const { base } = files(playground);
  await rm(base, { recursive: true, force: true });
  await mkdir(base, { recursive: true, mode: 0o700 });
  return copyAllBut(playground, except);
}

async function copyAllBut(
  playground: Playground,
  except: readonly string[],
): Promise<Baseline['repositories']> {
  const { git, config } = playground;
  const { copy } = files(playground);
  const names = (await listRepositories(playground))
    .map(({ name }) => name)
    .filter((name) => !except.includes(name));
  const states = await Promise.all(
    names.map(async (name) => {
      const [references, pulls] = await Promise.all([
        copyRepository(playground, name, copy(name)),
        git.listPulls(config.organization, name, 'all'),
      ]);
      return [name, { references, pulls: pulls.map(({ number }) => number) }] as const;
    }),
  );
  return Object.fromEntries(states);
}

/**
 * Writes down the state of every part as it is now.
 * @param copied the repositories that were copied already and have not changed since.
 */
export async function keepBaseline(playground: Playground, copied?: Baseline['repositories']): Promise<void> {
  const [repositories, revision, builds, images, objects] = await Promise.all([
    copied === undefined ? copyRepositories(playground) : copyAllBut(playground, Object.keys(copied)),
    pendingRevision(playground),
    buildNumbers(playground),
    imageTags(playground),
    playground.cluster().then((cluster) => liveObjects(cluster, playground.endpoints.kubernetes)),
  ]);
  const baseline: Baseline = {
    version: 1,
    revision,
    repositories: { ...copied, ...repositories },
    builds,
    images,
    objects,
    addons: addonsOf(playground.config),
  };
  await writeBaseline(playground, baseline);
}

export async function writeBaseline(playground: Playground, baseline: Baseline): Promise<void> {
  await writeFileAtomic(files(playground).document, JSON.stringify(baseline));
}

/** Copies one repository of the seeded state anew. Until it is complete, the copy before is kept. */
export async function copyAgain(playground: Playground, repository: string): Promise<References> {
  const copy = files(playground).copy(repository);
  const references = await copyRepository(playground, repository, `${copy}.new`);
  await rename(`${copy}.new`, copy);
  return references;
}

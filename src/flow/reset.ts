import { isDeepStrictEqual } from 'node:util';
import { hasStatus } from '../clients/http.ts';
import type { Engine } from '../engines/engine.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { waitFor, type Look } from '../lib/wait.ts';
import { addonOf, listApplications, repositoryOf } from './applications.ts';
import { baselineCopy, forgetPulls, readBaseline, type Baseline } from './baseline.ts';
import { healForReset } from './faults/plan.ts';
import { deleteOtherBuilds, stopBuilds } from './builds.ts';
import { restoreImages } from './images.ts';
import { isOurs } from './inventory.ts';
import { restoreObjects } from './live-objects.ts';
import { readReferences, restoreReferences } from './mirror.ts';
import { stages } from './names.ts';
import { applyRootApplication } from './operate.ts';
import { paceOf } from './pace.ts';
import { operators } from './operators/operator.ts';
import type { Playground } from './playground.ts';
import { awaitRevision } from './prove-stage.ts';
import { admitCiUser, createCiUser, createOrganization, createRepository, seededContent } from './seed.ts';
import { everyTime, type Task, type TaskContext } from './task.ts';
import { createHooks, deleteHooks } from './wire.ts';

/**
 * Back to the seeded state, part by part, through the standard APIs. Every task looks at what is there, so an interrupted
 * reset is finished by the next one.
 * @param engine mends what was broken on purpose below those APIs.
 */
export function planReset(playground: Playground, engine?: Engine): Task[] {
  let baseline: Promise<Baseline> | undefined;
  const seeded = () => (baseline ??= readBaseline(playground));
  const task = (
    id: string,
    title: string,
    needs: string[],
    apply: (baseline: Baseline, context: TaskContext) => Promise<unknown>,
  ): Task => everyTime(id, title, needs, async (context) => void (await apply(await seeded(), context)));
  return [
    task('heal', 'Mend what was broken on purpose', [], () => healForReset(playground, engine)),
    // Without webhooks nothing is built or synced while history is rewritten.
    task('silence', 'Take the webhooks away', ['heal'], ({ repositories }) =>
      deleteHooks(playground, Object.keys(repositories)),
    ),
    task('builds-end', 'End what is being built', ['silence'], () => stopBuilds(playground)),
    task('git', 'Bring back branches, tags and pull requests', ['builds-end'], (at) =>
      restoreRepositories(playground, at),
    ),
    task('builds', 'Delete the builds since then', ['git'], async ({ builds }) => {
      await deleteOtherBuilds(playground, builds);
      await playground.ci.scan(playground.config.application);
    }),
    task('live', 'Bring back the live objects', ['git'], (at, context) =>
      restoreCluster(playground, at, context),
    ),
    task('images', 'Delete the images since then', ['builds', 'live'], ({ images }) =>
      restoreImages(playground, images),
    ),
    task('webhooks', 'Wire the webhooks again', ['git', 'builds'], () => createHooks(playground)),
    ...stages.map((stage) =>
      task(stage, `See ${stage} answer as seeded`, ['live'], ({ revision }, context) =>
        awaitRevision(playground, stage, revision, context),
      ),
    ),
    task('verify', 'Compare everything with the seeded state', ['webhooks', 'images', ...stages], (at) =>
      verify(playground, at),
    ),
  ];
}

async function restoreRepositories(playground: Playground, { repositories }: Baseline): Promise<void> {
  const { git, config } = playground;
  await createOrganization(playground);
  await createCiUser(playground);
  const content = seededContent(playground);
  const renewed = git.keepsPulls === true ? await forgetOtherPulls(playground, repositories) : [];
  const restore = async (name: string) => {
    const wanted = repositories[name];
    const seed = content.find((repository) => repository.name === name);
    if (wanted === undefined) return;
    if (renewed.includes(name)) await git.deleteRepository(config.organization, name);
    if (seed !== undefined && (await git.findRepository(config.organization, name)) === undefined) {
      await createRepository(playground, seed);
      await admitCiUser(playground, seed);
    }
    if (!isDeepStrictEqual(await readReferences(playground, name), wanted.references)) {
      await restoreReferences(playground, name, baselineCopy(playground, name), wanted.references);
    }
    for (const { number } of await git.listPulls(config.organization, name, 'all')) {
      if (!wanted.pulls.includes(number)) await git.deletePull(config.organization, name, number);
    }
  };
  await Promise.all(Object.keys(repositories).map(restore));
  for (const { name, owner } of await git.searchRepositories()) {
    const seeded = owner.login === config.organization && repositories[name] !== undefined;
    if (!seeded && isOurs(playground, owner.login)) await git.deleteRepository(owner.login, name);
  }
}

/**
 * The repositories that have got pull requests since they were seeded, on a server that keeps them for good: they are to be made anew.
 * What was seeded goes with them; that is noted before, so that an interrupted reset is finished by the next one.
 */
async function forgetOtherPulls(
  playground: Playground,
  repositories: Baseline['repositories'],
): Promise<string[]> {
  const { git, config } = playground;
  const renewed: string[] = [];
  for (const [name, { pulls }] of Object.entries(repositories)) {
    const present = await git.listPulls(config.organization, name, 'all').catch((error: unknown) => {
      // The repository itself may be what has to come back.
      if (hasStatus(error, 404)) return [];
      throw error;
    });
    if (present.every(({ number }) => pulls.includes(number))) continue;
    await forgetPulls(playground, name);
    renewed.push(name);
  }
  return renewed;
}

/** Lets the operator pull the seeded state, and puts right what it does not look after. */
async function restoreCluster(
  playground: Playground,
  { repositories, objects }: Baseline,
  context: TaskContext,
): Promise<void> {
  const cluster = await playground.cluster();
  await restoreObjects(cluster, playground.endpoints.kubernetes, objects);
  await applyRootApplication(playground);
  const { operator } = playground.config;
  const revisionOf = (repoUrl: string): string | undefined => {
    const name = /([^/]+?)(\.git)?$/.exec(repoUrl)?.[1] ?? '';
    return repositories[name]?.references['refs/heads/main'];
  };
  const refreshed = new Set<string>();
  const look = async (): Promise<Look<undefined>> => {
    const applications = await listApplications(cluster, operator);
    const wanted = objects.filter(({ kind }) => kind === operators[operator].root.kind).length;
    const late: string[] = [];
    for (const application of applications) {
      // Add-ons are not what is reset, and may take their time, or wait for somebody.
      if (addonOf(application) !== undefined) continue;
      const { metadata, status } = application;
      const repository = repositoryOf(application);
      const done =
        status?.sync?.status === 'Synced' &&
        status.health?.status === 'Healthy' &&
        (repository === undefined || status.sync.revision === revisionOf(repository));
      if (done) continue;
      late.push(
        `${metadata.name} is ${status?.sync?.status ?? 'unknown'} and ${status?.health?.status ?? 'unknown'}`,
      );
      if (refreshed.has(metadata.name)) continue;
      refreshed.add(metadata.name);
      await operators[operator].refresh(cluster, application);
    }
    if (late.length === 0 && applications.length >= wanted) return { done: true, value: undefined };
    return { done: false, seen: late.join(', ') || `${applications.length} of ${wanted} applications` };
  };
  await waitFor(look, {
    what: 'the operator to sync the seeded state',
    limit: paceOf(playground.endpoints).resetLimit,
    interval: paceOf(playground.endpoints).look,
    signal: context.signal,
  });
}

/** @throws PlaygroundError `reset-incomplete` naming what differs from the seeded state. */
async function verify(playground: Playground, { repositories }: Baseline): Promise<void> {
  const { git, config } = playground;
  const different: string[] = [];
  for (const [name, { references, pulls }] of Object.entries(repositories)) {
    if (!isDeepStrictEqual(await readReferences(playground, name), references))
      different.push(`branches and tags of ${name}`);
    const numbers = (await git.listPulls(config.organization, name, 'all')).map(({ number }) => number);
    if (numbers.some((number) => !pulls.includes(number))) different.push(`pull requests of ${name}`);
  }
  if (different.length === 0) return;
  throw new PlaygroundError({
    code: 'reset-incomplete',
    message: `still different from the seeded state: ${different.join(', ')}`,
    hint: 'somebody may have pushed meanwhile; run reset again',
  });
}

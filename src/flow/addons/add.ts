import { isDeepStrictEqual } from 'node:util';
import { addonsOf, type AddonName } from '../../config/addons.ts';
import { commandFor } from '../../lib/command-line.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { waitFor, type Look } from '../../lib/wait.ts';
import { listApplications } from '../applications.ts';
import { copyAgain, hasBaseline, readBaseline, writeBaseline, type Baseline } from '../baseline.ts';
import { changeFiles } from '../change-files.ts';
import { liveObjects, withNewest } from '../live-objects.ts';
import { readReferences, type References } from '../mirror.ts';
import { addonApplication, mainBranch, repositoryNames, rootApplication } from '../names.ts';
import { applyRootApplication } from '../operate.ts';
import { operators } from '../operators/operator.ts';
import { paceOf } from '../pace.ts';
import type { Playground } from '../playground.ts';
import { contentOf } from '../seed.ts';
import type { TaskContext } from '../task.ts';

const { operator: repository } = repositoryNames;
const main = `refs/heads/${mainBranch}`;
/** Begins the message of an addition, by which one that was interrupted is known. */
const title = 'Add the add-ons: ';

/** Whether the operator's repository has all add-ons that are asked for, and the state that `reset` goes back to as well. */
export async function hasAddons(playground: Playground): Promise<boolean> {
  return (await missingAddons(playground)).length === 0;
}

async function missingAddons(playground: Playground): Promise<AddonName[]> {
  const asked = addonsOf(playground.config);
  if (await hasBaseline(playground)) {
    const { addons = [] } = await readBaseline(playground);
    return asked.filter((name) => !addons.includes(name));
  }
  const { git, config } = playground;
  const files = await git.listFolder(config.organization, repository, 'applications', mainBranch);
  const present = new Set(files.map(({ name }) => name));
  return asked.filter((name) => !present.has(`${addonApplication(name)}.yaml`));
}

/**
 * Adds the add-ons that were asked for after the operator's repository was seeded, by a commit, and lets `reset` go back to a
 * state that has them. An interrupted addition is finished by the next one.
 * @throws PlaygroundError `operator-changed` when the repository is not as it was seeded: what people did there is not to become
 * part of that state; WaitTimeout when the operator does not take it.
 */
export async function addAddons(playground: Playground, context: TaskContext): Promise<void> {
  const baseline = (await hasBaseline(playground)) ? await readBaseline(playground) : undefined;
  if (baseline !== undefined) await refuseChanged(playground, baseline);
  const missing = await missingAddons(playground);
  context.progress(`committing ${missing.join(', ')}`);
  // Their project has to be there before them.
  await applyRootApplication(playground);
  const { files } = contentOf(playground, repository);
  await changeFiles(playground, {
    repository,
    branch: mainBranch,
    message: `${title}${missing.join(', ')}\n`,
    files: new Map(files.map(({ path, content }) => [path, content])),
  });
  const references = baseline === undefined ? undefined : await copyAgain(playground, repository);
  await awaitApplications(playground, context);
  if (baseline === undefined || references === undefined) return;
  const now = await liveObjects(await playground.cluster(), playground.endpoints.kubernetes);
  const { [repository]: kept, ...others } = baseline.repositories;
  await writeBaseline(playground, {
    ...baseline,
    repositories: { ...others, [repository]: { pulls: kept?.pulls ?? [], references } },
    objects: withNewest(baseline.objects, now, rootApplication),
    addons: addonsOf(playground.config),
  });
}

/** The repository may be as it was seeded, or have the commit of an addition that was interrupted. */
async function refuseChanged(playground: Playground, { repositories }: Baseline): Promise<void> {
  const { git, config } = playground;
  const seeded = repositories[repository]?.references ?? {};
  const present = await readReferences(playground, repository);
  if (isDeepStrictEqual(present, seeded)) return;
  const head = present[main];
  const commit = head === undefined ? undefined : await git.findCommit(config.organization, repository, head);
  const interrupted =
    commit?.commit.message.startsWith(title) === true &&
    commit.parents.some(({ sha }) => sha === seeded[main]) &&
    isDeepStrictEqual(withoutMain(present), withoutMain(seeded));
  if (interrupted) return;
  throw new PlaygroundError({
    code: 'operator-changed',
    message: `add-ons are added to the seeded state, and the repository ${repository} has changed since then`,
    hint: `go back to that state first: ${commandFor('reset', config.name)}, then ${commandFor('up', config.name)}`,
  });
}

function withoutMain({ [main]: _head, ...others }: References): References {
  return others;
}

/** Until the operator has made the Application of each add-on; they themselves may take their time. */
async function awaitApplications(playground: Playground, { signal }: TaskContext): Promise<void> {
  const cluster = await playground.cluster();
  const { operator, organization } = playground.config;
  const wanted = addonsOf(playground.config).map(addonApplication);
  let told = false;
  const look = async (): Promise<Look<undefined>> => {
    const [applications, branch] = await Promise.all([
      listApplications(cluster, operator),
      playground.git.findBranch(organization, repository, mainBranch),
    ]);
    const root = applications.find(({ metadata }) => metadata.name === rootApplication);
    if (root !== undefined && !told) {
      // Not every Git server calls the operator.
      await operators[operator].refresh(cluster, root);
      told = true;
    }
    const names = new Set(applications.map(({ metadata }) => metadata.name));
    const { status = 'Unknown', revision } = root?.status?.sync ?? {};
    const newest = status === 'Synced' && revision === branch?.commit.id;
    const done = newest && wanted.every((name) => names.has(name));
    const missing = wanted.filter((name) => !names.has(name)).join(', ');
    const seen = `${rootApplication} is ${status}${missing === '' ? '' : `, without ${missing}`}`;
    return done ? { done: true, value: undefined } : { done: false, seen };
  };
  const { resetLimit: limit, look: interval } = paceOf(playground.endpoints);
  await waitFor(look, { what: 'the operator to take the add-ons', limit, interval, signal });
}

import { addonsOf } from '../config/addons.ts';
import type { Config } from '../config/schema.ts';
import type { Endpoints, Engine } from '../engines/engine.ts';
import { addAddons, hasAddons } from './addons/add.ts';
import { areAddonsPrepared, prepareAddons } from './addons/prepare.ts';
import { copyRepositories, hasBaseline, keepBaseline, type Baseline } from './baseline.ts';
import { hasRootApplication, applyRootApplication } from './operate.ts';
import { connect, type Playground } from './playground.ts';
import { awaitBuild } from './prove-build.ts';
import { answersNow, awaitReturn, awaitStage } from './prove-stage.ts';
import { promote } from './promote.ts';
import { repositoryNames, type Stage } from './names.ts';
import {
  admitCiUser,
  contentOf,
  createCiUser,
  createOrganization,
  createRepository,
  hasCiUser,
  hasOrganization,
  hasRepository,
  isSeeded,
  pushContent,
  seededContent,
} from './seed.ts';
import { everyTime, type Task, type TaskContext } from './task.ts';
import { createHooks, createJob, hasHooks, hasJob } from './wire.ts';

/**
 * Everything that `up` brings about, in the order in which a newcomer should read it. Nothing happens here: each task
 * looks first and does only what is missing.
 */
export function planUp(config: Config, engine: Engine): Task[] {
  const running: {
    endpoints?: Endpoints;
    playground?: Playground;
    copies?: Baseline['repositories'];
    pushed?: boolean;
  } = {};
  const playground = (): Playground => {
    if (running.endpoints === undefined) throw new Error('a task ran before the engine was up');
    return (running.playground ??= connect(config, running.endpoints));
  };
  const { application } = config;
  const { gitops, operator, library } = repositoryNames;
  const withAddons = addonsOf(config).length > 0;

  /** A task of the flow, which works on the running playground. */
  const task = (
    id: string,
    title: string,
    needs: string[],
    check: (playground: Playground) => Promise<boolean>,
    apply: (playground: Playground, context: TaskContext) => Promise<unknown>,
  ): Task => ({
    id,
    title,
    needs,
    check: () => check(playground()),
    apply: async (context) => void (await apply(playground(), context)),
  });

  const seeded = (name: string) => (at: Playground) => isSeeded(at, name);
  const push =
    (name: string) =>
    async (at: Playground, { signal }: TaskContext) => {
      const content = contentOf(at, name);
      await createRepository(at, content);
      await pushContent(at, content, signal);
    };

  /** A stage has to answer with the first commit; once that was proven, with whatever is deployed. */
  const answer = (stage: Stage, title: string, needs: string[]): Task =>
    task(
      stage,
      title,
      needs,
      async (at) => (await hasBaseline(at)) && (await answersNow(at, stage)),
      async (at, context) =>
        (await hasBaseline(at)) ? awaitReturn(at, stage, context) : awaitStage(at, stage, context),
    );

  const steps = engine.steps?.(config) ?? [];
  return [
    ...steps,
    everyTime(
      'engine',
      steps.length === 0
        ? `Start Git, registry, CI, operator and cluster (engine ${engine.id})`
        : `See that all parts answer (engine ${engine.id})`,
      steps.map(({ id }) => id),
      async ({ progress, signal }) => {
        running.endpoints = await engine.up(config, progress, signal);
      },
    ),
    task('organization', 'Create the organization', ['engine'], hasOrganization, createOrganization),
    // After the organization, for which SCM-Manager restarts with its plugins.
    task('user', 'Create the user of the CI server', ['organization'], hasCiUser, createCiUser),
    task('library', 'Seed the pipeline library', ['organization'], seeded(library), push(library)),
    task('gitops', 'Seed the GitOps repository', ['organization'], seeded(gitops), push(gitops)),
    task('operator', "Seed the operator's repository", ['organization'], seeded(operator), push(operator)),
    task(
      'repository',
      'Create the repository of the application',
      ['organization'],
      (at) => hasRepository(at, application),
      (at) => createRepository(at, contentOf(at, application)),
    ),
    task(
      'ci',
      'Configure the CI server, and let it in at Git',
      ['user', 'repository', 'gitops', 'operator', 'library'],
      hasJob,
      async (at) => {
        await Promise.all(seededContent(at).map((content) => admitCiUser(at, content)));
        await createJob(at);
      },
    ),
    task('webhooks', 'Wire the webhooks', ['repository', 'gitops', 'operator'], hasHooks, createHooks),
    ...(withAddons
      ? [task('addons', 'Prepare the add-ons', ['engine'], areAddonsPrepared, prepareAddons)]
      : []),
    task(
      'applications',
      'Hand the applications to the operator',
      ['gitops', 'operator', ...(withAddons ? ['addons'] : [])],
      hasRootApplication,
      applyRootApplication,
    ),
    // Those that are asked for later than the operator's repository was seeded.
    ...(withAddons
      ? [
          task(
            'new-addons',
            'Add the add-ons that are new',
            ['applications', 'webhooks'],
            hasAddons,
            addAddons,
          ),
        ]
      : []),
    task(
      'commit',
      'Push the first commit of the application',
      ['ci', 'webhooks', 'applications', ...(withAddons ? ['new-addons'] : [])],
      seeded(application),
      async (at, context) => {
        await push(application)(at, context);
        running.pushed = true;
      },
    ),
    task(
      'build',
      'Build it: test, validate, image, manifests',
      ['commit'],
      hasBaseline,
      async (at, context) => {
        // Nobody tells the CI server again of a commit whose webhook failed at an earlier `up`.
        const again = running.pushed !== true;
        if (again) await at.ci.scan(application);
        await awaitBuild(at, context, { again });
      },
    ),
    answer('staging', 'See it answer in staging', ['build']),
    task('promotion', 'Merge its pull request for production', ['build'], hasBaseline, promote),
    answer('production', 'See it answer in production', ['promotion']),
    // While the build runs, nothing writes to them but to the GitOps repository, which is copied at the end.
    task('copies', 'Copy the repositories for reset', ['commit'], hasBaseline, async (at) => {
      running.copies = await copyRepositories(at, [gitops]);
    }),
    task(
      'baseline',
      'Remember this state for reset',
      ['staging', 'production', 'copies'],
      hasBaseline,
      (at) => keepBaseline(at, running.copies),
    ),
  ];
}

/**
 * The removal of a playground. Repeating it, or beginning it anew after an interruption, does no harm.
 * @param tell gets what the person should know when it is done.
 */
export function planDown(engine: Engine, name: string, tell?: (note: string) => void): Task[] {
  return [
    everyTime('remove', `Remove the playground "${name}"`, [], ({ progress }) =>
      engine.down(name, progress, tell),
    ),
  ];
}

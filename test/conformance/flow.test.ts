import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { readBaseline, writeBaseline } from '../../src/flow/baseline.ts';
import { planUp } from '../../src/flow/plan.ts';
import { connectTo, type Playground } from '../../src/flow/playground.ts';
import { findPromotion } from '../../src/flow/promote.ts';
import { planReset } from '../../src/flow/reset.ts';
import { statusOf } from '../../src/flow/status.ts';
import { runTasks, type Task, type TaskEvent } from '../../src/flow/task.ts';
import { traceCommit } from '../../src/flow/trace.ts';
import { eventually } from '../support/eventually.ts';
import { operatorTargets } from '../support/argocd.ts';
import { flowGitTargets, type FlowGit } from '../support/flow-git.ts';
import { createMixedEngine } from '../support/mixed-engine.ts';

/** Every Git server with every operator that there is here. */
const targets = flowGitTargets.flatMap((gitTarget) =>
  operatorTargets.map(({ name, argocd }) => ({ name: `${gitTarget.name} and ${name}`, gitTarget, argocd })),
);

/** Everything that the flow asks of a Git server and of an operator, from the seeding to the reset: each test stands on the one before. */
describe.each(targets)('the whole flow with $name', ({ gitTarget, argocd }) => {
  let folder: string;
  let git: FlowGit;
  let engine: ReturnType<typeof createMixedEngine>;
  let playground: Playground;
  const { organization, application } = configSchema.parse({});

  const config = () =>
    Object.freeze(
      configSchema.parse({
        username: git.admin.username,
        password: git.admin.password,
        gitServer: git.server,
      }),
    );
  const run = async (tasks: readonly Task[]) => {
    const events: TaskEvent[] = [];
    await runTasks(tasks, (event) => events.push(event), AbortSignal.timeout(120_000));
    return events.flatMap((event) => (event.type === 'finished' ? [`${event.id} ${event.outcome}`] : []));
  };
  const revision = async (repository: string) =>
    (await git.api.findBranch(organization, repository, 'main'))?.commit.id;
  const statusNow = () => statusOf(engine.id, playground);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flow-'));
    process.env.GITOPS_PLAYGROUND_HOME = join(folder, 'home');
    git = await gitTarget.start();
    engine = createMixedEngine(git, join(folder, 'parts'), argocd);
  });
  afterAll(async () => {
    await engine?.close();
    await git?.dispose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('up proves the loop', async () => {
    await run(planUp(config(), engine));
    playground = await connectTo(engine, 'default');
    const { phase, problems, applications, repositories } = await statusNow();
    expect({ phase, problems }).toEqual({ phase: 'ready', problems: undefined });
    expect(new Set(applications.map((candidate) => candidate.revision))).toEqual(
      new Set([await revision(application)]),
    );
    expect(repositories.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'storefront app',
      'gitops gitops',
      'operator gitops',
      'pipeline-library library',
    ]);
    const seeded = (await revision(application)) ?? '';
    expect(await findPromotion(playground, seeded)).toMatchObject({ merged: true });
    const trace = await traceCommit(playground, seeded.slice(0, 8));
    expect(trace.revision).toBe(seeded);
    expect(trace.steps.filter(({ state }) => state !== 'done')).toEqual([]);
    expect(trace.steps.length).toBeGreaterThan(10);
  }, 120_000);

  test('up again finds nothing to do', async () => {
    const outcomes = await run(planUp(config(), engine));
    expect(outcomes.filter((outcome) => !outcome.endsWith(' unchanged'))).toEqual(['engine done']);
  }, 60_000);

  test('reset takes back commits, branches, tags, webhooks and pull requests', async () => {
    const { api } = git;
    const baseline = await readBaseline(playground);
    await git.change(organization, application, {
      path: 'src/theme.js',
      change: () => 'export const broken = ;\n',
      message: 'Break the build',
    });
    await git.mark(organization, application, {
      refs: ['refs/heads/feature/x', 'refs/tags/v9'],
      annotated: ['v10'],
    });
    await git.change(organization, 'gitops', {
      path: 'notes.md',
      change: () => 'a note\n',
      message: 'Take a note',
      branch: 'notes',
    });
    const number = await git.propose(organization, 'gitops', { head: 'notes', title: 'Notes' });
    await api.createRepository(organization, { name: 'scratch' });
    for (const { id } of await api.listHooks(organization, application))
      await api.deleteHook(organization, application, id);
    await eventually(
      'the job of the branch',
      () => playground.ci.jobs([application]),
      (jobs) => jobs?.some(({ branch }) => branch === 'main') === true,
    );

    await run(planReset(playground));

    const pulls = await api.listPulls(organization, 'gitops', 'all');
    expect(pulls.map((pull) => pull.number)).not.toContain(number);
    expect(await api.findRepository(organization, 'scratch')).toBeUndefined();
    for (const [name, { references }] of Object.entries(baseline.repositories)) {
      const present = await api.listReferences(organization, name);
      const kept = present.filter(({ ref }) => !ref.startsWith('refs/pull/'));
      expect(Object.fromEntries(kept.map(({ ref, object }) => [ref, object.sha]))).toEqual(references);
    }
    const { phase, problems } = await statusNow();
    expect({ phase, problems }).toEqual({ phase: 'ready', problems: undefined });
  }, 120_000);

  test('a commit after the reset travels through the whole loop again', async () => {
    const revision = await git.change(organization, application, {
      path: 'src/theme.js',
      change: (before) => `${before}// changed\n`,
      message: 'Change the theme',
    });
    await eventually(
      'staging to have the commit',
      async () => (await statusNow()).applications.find(({ stage }) => stage === 'staging'),
      (staging) => staging?.revision === revision && staging.health === 'Healthy',
      60_000,
    );
    const promotion = await eventually(
      'the proposal for production',
      () => findPromotion(playground, revision),
      (pull) => pull !== undefined,
    );
    expect(promotion).toMatchObject({ state: 'open', user: { login: 'ci' } });
  }, 90_000);

  test('another reset takes its proposal back, although a repository that was made anew counts from one again', async () => {
    const { commit } =
      (await git.api.listCommits(organization, application, { sha: 'main', limit: 1 }))[0] ?? {};
    expect(commit?.message).toContain('Change the theme');
    await run(planReset(playground));
    expect(await git.api.listPulls(organization, 'gitops', 'open')).toEqual([]);
    const branches = (await git.api.listReferences(organization, 'gitops')).map(({ ref }) => ref);
    expect(branches.filter((ref) => ref.startsWith('refs/heads/'))).toEqual(['refs/heads/main']);
  }, 120_000);

  test('an add-on that is asked for later is committed once, and there to stay', async () => {
    const withMailpit = configSchema.parse({ ...config(), with: ['mailpit'] });
    const seeded = await readBaseline(playground);

    const outcomes = await run(planUp(withMailpit, engine));

    expect(outcomes).toContain('new-addons done');
    playground = await connectTo(engine, 'default');
    const [newest] = await git.api.listCommits(organization, 'operator', { sha: 'main', limit: 1 });
    expect(newest?.commit.message).toBe('Add the add-ons: mailpit\n');
    expect(newest?.parents.map(({ sha }) => sha)).toEqual([
      seeded.repositories.operator?.references['refs/heads/main'],
    ]);
    expect((await statusNow()).addons?.map(({ name }) => name)).toEqual(['mailpit']);
    expect(await run(planUp(withMailpit, engine))).toContain('new-addons unchanged');

    // As an interruption leaves it: committed, and not yet part of what reset goes back to.
    await writeBaseline(playground, seeded);
    expect(await run(planUp(withMailpit, engine))).toContain('new-addons done');
    expect(await revision('operator')).toBe(newest?.sha);

    await git.change(organization, 'operator', {
      path: 'applications/addon-mailpit.yaml',
      change: (before) => before.replace('selfHeal: true', 'selfHeal: false'),
      message: 'Heal no more',
    });
    await run(planReset(playground));
    expect(await revision('operator')).toBe(newest?.sha);
    expect((await statusNow()).addons?.map(({ name }) => name)).toEqual(['mailpit']);
  }, 180_000);

  test('an add-on is not added to what people have changed since the seeding', async () => {
    await git.change(organization, 'operator', {
      path: 'notes.md',
      change: () => 'a note\n',
      message: 'Take a note',
    });
    const before = await revision('operator');

    const added = run(planUp(configSchema.parse({ ...config(), with: ['mailpit', 'velero'] }), engine));

    await expect(added).rejects.toMatchObject({
      code: 'operator-changed',
      hint: expect.stringContaining('gitops-playground reset') as string,
    });
    expect(await revision('operator')).toBe(before);
  }, 60_000);
});

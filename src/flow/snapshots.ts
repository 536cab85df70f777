import { isPlaygroundName } from '../config/schema.ts';
import type { Engine, EngineSnapshots, Snapshot } from '../engines/engine.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { stages } from './names.ts';
import { everyTime, type Task } from './task.ts';

/** The clients of the APIs, which are loaded while the engine is at work: a restore has to be quick. */
const loadClients = async () => ({
  ...(await import('./playground.ts')),
  ...(await import('./prove-stage.ts')),
});

/** What is wrong with the name of a snapshot; undefined when nothing is. It becomes the name of a folder. */
export function snapshotNameProblem(name: string): string | undefined {
  return isPlaygroundName(name) ? undefined : 'use lower-case letters, digits and "-", at most 40';
}

/** @throws PlaygroundError `snapshot-unsupported` naming the engine that can. */
export function snapshotsOf(engine: Engine): EngineSnapshots {
  if (engine.snapshots !== undefined) return engine.snapshots;
  throw new PlaygroundError({
    code: 'snapshot-unsupported',
    message: `the engine ${engine.id} cannot copy its parts as a whole; the engine embedded can`,
    hint: 'what works here: gitops-playground reset brings the seeded state back',
  });
}

/** Keeps everything as it is now. @param result gets the snapshot. */
export function planSave(
  engine: Engine,
  name: string,
  snapshot: string,
  result: (snapshot: Snapshot) => void,
): Task[] {
  const snapshots = snapshotsOf(engine);
  return [
    everyTime('save', `Save everything as "${snapshot}"`, [], async () => {
      const [{ connectTo, answersNow }, { hasBaseline, readBaseline }] = await Promise.all([
        loadClients(),
        import('./baseline.ts'),
      ]);
      const playground = await connectTo(engine, name);
      // Says what to do when there is nothing whole to save yet.
      if (!(await hasBaseline(playground))) await readBaseline(playground);
      const answers = await Promise.all(
        stages.map(async (stage) => ((await answersNow(playground, stage)) ? [stage] : [])),
      );
      result(await snapshots.save(name, snapshot, answers.flat()));
    }),
  ];
}

/** Brings everything back as it was saved. @param result gets the snapshot. */
export function planRestore(
  engine: Engine,
  name: string,
  snapshot: string,
  result: (snapshot: Snapshot) => void,
): Task[] {
  const snapshots = snapshotsOf(engine);
  let answered: readonly string[] = [];
  return [
    everyTime('restore', `Bring everything back as in "${snapshot}"`, [], async ({ progress, signal }) => {
      const restoring = snapshots.restore(name, snapshot, progress, signal);
      const [restored] = await Promise.all([restoring, loadClients()]);
      answered = restored.stages;
      result(restored);
    }),
    ...stages.map((stage): Task => ({
      id: stage,
      title: `See ${stage} answer as it did then`,
      needs: ['restore'],
      check: () => Promise.resolve(!answered.includes(stage)),
      apply: async (context) => {
        const { connectTo, awaitReturn } = await loadClients();
        await awaitReturn(await connectTo(engine, name), stage, context);
      },
    })),
  ];
}

import type { ExerciseGuide } from '../../exercises.ts';
import type { DashboardContext, Parts, Routes } from '../call.ts';
import { Refusal } from '../refusal.ts';

/** The exercises, as far as somebody knows them. */
export function addExercises(routes: Routes, { guide, source }: Parts): void {
  const known = (): ExerciseGuide => {
    if (guide !== undefined) return guide;
    throw new Refusal(404, 'no-exercises', 'this dashboard was started without exercises');
  };
  const base = '/api/exercises/:id';
  const idOf = (context: DashboardContext) => context.req.param('id') ?? '';

  routes.get('/api/exercises', async (context) => context.json(await known().list()));
  routes.get(base, async (context) => context.json(await known().read(idOf(context))));
  routes.post(`${base}/start`, async (context) => {
    await known().start(idOf(context));
    source.changed('exercises');
    return context.json({});
  });
  routes.post(`${base}/check`, async (context) => {
    const result = await known().check(idOf(context));
    source.changed('exercises');
    return context.json(result);
  });
  routes.post(`${base}/hint`, async (context) => context.json(await known().hint(idOf(context))));
}

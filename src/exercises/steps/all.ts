import { z } from 'zod';
import { oneKind, text, type KindTable } from '../kinds.ts';
import { clusterSteps } from './cluster.ts';
import { commitSteps } from './commit.ts';
import { pullSteps } from './pulls.ts';
import { repositorySteps } from './repositories.ts';
import type { Step } from './step.ts';
import { waitSteps } from './wait.ts';

/** Everything that a starting state and a solution can do. */
const kinds: KindTable<Step> = {
  ...commitSteps,
  ...repositorySteps,
  ...pullSteps,
  ...clusterSteps,
  ...waitSteps,
};

/** A step with, if its author wants, a title and lines to type of its own. */
export const step = oneKind(
  'step',
  kinds,
  z.strictObject({ title: text.optional(), type: z.array(text).optional() }),
).transform(({ type, ...own }): Step => (type === undefined ? own : { ...own, typed: () => type }));

import { z } from 'zod';
import { check, type Check } from './checks.ts';
import { text } from './kinds.ts';
import type { ExerciseFiles } from './site.ts';
import { step } from './steps/all.ts';
import type { Step } from './steps/step.ts';

export const DESCRIPTION = 'exercise.yaml';
export const TEXT = 'text.md';

const id = z
  .string({ error: 'write a text' })
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'use lower-case words with "-" between them')
  .max(60, 'use at most 60 letters');

/** The file `exercise.yaml`. */
export const exerciseSchema = z.strictObject({
  id,
  title: text,
  /** How long it takes a person who is new to it. */
  minutes: z.number({ error: 'write a number of minutes' }).int().min(1).max(600),
  /** Engines on which, and operators and Git servers with which, it cannot be done, each with the reason. */
  except: z.record(z.string(), text).default({}),
  start: z.array(step).default([]),
  checks: z.array(check).min(1, 'an exercise has at least one check'),
  hints: z.array(text).min(1, 'give at least one hint'),
  solution: z.array(step).min(1, 'a solution has at least one step'),
});

/** An exercise, ready to be done in the playground that it was rendered for. */
export interface Exercise {
  readonly id: string;
  /** Its place among those that come with the program, from 1; none for an own one. */
  readonly number?: number;
  /** Id of the one that comes after it, if one does. */
  readonly next?: string;
  readonly title: string;
  readonly minutes: number;
  readonly except: Readonly<Record<string, string>>;
  readonly start: readonly Step[];
  readonly checks: readonly Check[];
  readonly hints: readonly string[];
  readonly solution: readonly Step[];
  /** Markdown. */
  readonly text: string;
  readonly files: ExerciseFiles;
}

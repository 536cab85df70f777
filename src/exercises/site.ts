import type { Playground } from '../flow/playground.ts';

/** Where an exercise is done: the running playground, and the exercise's own files. */
export interface Site {
  readonly playground: Playground;
  readonly files: ExerciseFiles;
  readonly signal: AbortSignal;
}

/** The files of an exercise by their path below its folder, with `/`, placeholders filled. */
export type ExerciseFiles = ReadonlyMap<string, string>;

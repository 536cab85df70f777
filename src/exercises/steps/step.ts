import type { Site } from '../site.ts';

/** One thing that brings an exercise forward, as a person would do it. */
export interface Step {
  /** What it is, in a few words. */
  readonly title: string;
  /** What a person would type or click for it, line by line. */
  typed(site: Site): readonly string[];
  /** Does it. Where it is done already, nothing happens. */
  run(site: Site): Promise<void>;
}

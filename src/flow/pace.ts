import type { Endpoints } from '../engines/engine.ts';

/** How long the flow waits for the live system, and how often it looks; milliseconds. */
export interface Pace {
  /** Until something new has gone its way: a build, a deployment. */
  readonly limit: number;
  /** Until what was proven once is back after a restart. */
  readonly returnLimit: number;
  /** Until the operator has brought the seeded state back. */
  readonly resetLimit: number;
  readonly look: number;
  /** So many times longer than on processes of this machine may anything else take. */
  readonly times: number;
}

/**
 * Processes of this machine: looked at often, for a loop that takes less than a second, and not more often: each look takes time from
 * what is looked at.
 */
const processes: Pace = { limit: 120_000, returnLimit: 20_000, resetLimit: 60_000, look: 45, times: 1 };

/** Pods: the first build pulls images and starts an agent, and each look is a call to servers that have other work. */
const pods: Pace = { limit: 900_000, returnLimit: 300_000, resetLimit: 300_000, look: 500, times: 8 };

export function paceOf({ kubernetes: { parts = [] } }: Pick<Endpoints, 'kubernetes'>): Pace {
  return parts.length === 0 ? processes : pods;
}

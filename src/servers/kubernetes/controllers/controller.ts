import type { Log } from '../../../lib/log.ts';
import type { Cluster } from '../cluster.ts';
import type { Clock } from './clock.ts';
import type { EventRecorder } from './events.ts';

/** What every controller is given. */
export interface ControllerContext {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventRecorder;
}

/** A running controller; the function ends it and leaves no timer behind. */
export type Stop = () => void;

/** Joins several ends to one. */
export function stopAll(stops: readonly Stop[]): Stop {
  return () => {
    for (const stop of stops) stop();
  };
}

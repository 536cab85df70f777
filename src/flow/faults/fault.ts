import type { Engine } from '../../engines/engine.ts';
import type { Look } from '../../lib/wait.ts';
import type { Playground } from '../playground.ts';
import type { TaskContext } from '../task.ts';
import type { FaultRecord } from './record.ts';

/** Where faults are brought about. */
export interface Place {
  readonly playground: Playground;
  readonly engine: Engine;
}

/** Something that breaks on the day, brought about on purpose, so that people learn to find it. It can always be taken back. */
export interface Fault {
  readonly id: string;
  /** What is so, as a sentence without its end: "the registry is down". */
  readonly title: string;
  /** What people see of it. */
  readonly symptom: string;
  /** The command that shows it. */
  readonly look: string;
  /** Why it cannot be brought about here; undefined when it can. */
  refusal(place: Place): string | undefined;
  /** Whether it is in force: also people mend things. The record is what `prepare` gave. */
  isBroken(place: Place, record: FaultRecord | undefined): Promise<boolean>;
  /** Finds out what has to be known to take it back; this is kept before anything is changed. */
  prepare(place: Place): Promise<FaultRecord>;
  /** Gives the record with what is known only now. */
  break(place: Place, record: FaultRecord): Promise<FaultRecord>;
  /** Does nothing where it is mended already. */
  heal(place: Place, record: FaultRecord | undefined): Promise<void>;
  /** Whether its symptom can be seen. */
  shows(place: Place, context: TaskContext): Promise<Look<undefined>>;
  /** Whether all is well again after it was healed. */
  isWell(place: Place, context: TaskContext): Promise<Look<undefined>>;
}

/** The answer of a look that only holds or not. */
export function seen(holds: boolean, otherwise: string): Look<undefined> {
  return holds ? { done: true, value: undefined } : { done: false, seen: otherwise };
}

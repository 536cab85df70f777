import { PlaygroundError } from '../../lib/errors.ts';
import { closest } from '../../lib/closest.ts';
import { nodeNotReady, registryDown, slowGit } from './engine-faults.ts';
import type { Fault, Place } from './fault.ts';
import { lostWebhook } from './lost-webhook.ts';
import { crashingPod, wrongImage } from './manifest-faults.ts';
import { readRecords } from './record.ts';

/** Everything that can be broken on purpose, from what is seen at once to what has to be looked for. */
export const faults: readonly Fault[] = [
  wrongImage,
  crashingPod,
  lostWebhook,
  registryDown,
  slowGit,
  nodeNotReady,
];

/** A fault as `break --list` shows it. */
export interface FaultStatus extends Pick<Fault, 'id' | 'title' | 'symptom' | 'look'> {
  readonly broken: boolean;
  /** When it was broken, ISO 8601. */
  readonly since?: string;
  /** Why it cannot be broken here. */
  readonly refusal?: string;
}

/** @throws PlaygroundError `unknown-fault` with the nearest name. */
export function faultNamed(id: string): Fault {
  const found = faults.find((fault) => fault.id === id);
  if (found !== undefined) return found;
  const ids = faults.map((fault) => fault.id);
  const near = closest(id, ids);
  throw new PlaygroundError({
    code: 'unknown-fault',
    message: `there is no fault "${id}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
    hint: `choose one of ${ids.join(', ')}`,
  });
}

/** All faults, with whether they are in force now. */
export async function listFaults(place: Place): Promise<FaultStatus[]> {
  const records = await readRecords(place.playground);
  return Promise.all(
    faults.map(async (fault) => {
      const { id, title, symptom, look } = fault;
      const record = records[id];
      const broken = await fault.isBroken(place, record);
      const refusal = fault.refusal(place);
      return {
        id,
        title,
        symptom,
        look,
        broken,
        ...(broken && record !== undefined ? { since: record.since } : {}),
        ...(refusal === undefined ? {} : { refusal }),
      };
    }),
  );
}

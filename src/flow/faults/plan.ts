import type { Engine } from '../../engines/engine.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { waitFor, WaitTimeout, type Look } from '../../lib/wait.ts';
import type { Playground } from '../playground.ts';
import { everyTime, type Task, type TaskContext } from '../task.ts';
import { faults } from './catalog.ts';
import type { Fault, Place } from './fault.ts';
import { forgetRecords, keepRecord, readRecords } from './record.ts';

const LIMIT_MS = 60_000;
const LOOK_MS = 100;

/** Breaks something on purpose, and waits until it can be seen. @throws PlaygroundError `fault-unsupported`. */
export function planBreak(place: Place, fault: Fault): Task[] {
  const refusal = fault.refusal(place);
  if (refusal !== undefined) {
    const others = faults.filter((other) => other.refusal(place) === undefined).map(({ id }) => id);
    throw new PlaygroundError({
      code: 'fault-unsupported',
      message: `${fault.id}: ${refusal}`,
      hint: `what can be broken here: ${others.join(', ')}`,
    });
  }
  const { playground } = place;
  return [
    {
      id: 'break',
      title: `Break it: ${fault.title}`,
      needs: [],
      check: async () => fault.isBroken(place, (await readRecords(playground))[fault.id]),
      apply: async () => {
        const record = await fault.prepare(place);
        await keepRecord(playground, fault.id, record);
        await keepRecord(playground, fault.id, await fault.break(place, record));
      },
    },
    see('symptom', 'See what people will see', 'break', fault, (context) => fault.shows(place, context)),
  ];
}

/** Takes faults back, those of the machinery first, and waits until all is well again. */
export function planHeal(place: Place, wanted: readonly Fault[]): Task[] {
  const { playground } = place;
  const order = [...wanted].reverse();
  const mends = order.map((fault, index) => {
    const before = order.slice(0, index).map(({ id }) => id);
    return everyTime(fault.id, `Mend it: ${fault.title}`, before, async () => {
      await fault.heal(place, (await readRecords(playground))[fault.id]);
      await keepRecord(playground, fault.id, undefined);
    });
  });
  const last = order.at(-1)?.id ?? '';
  return [
    ...mends,
    ...order.map((fault) =>
      see(`${fault.id}/well`, `See it well again: ${fault.id}`, last, fault, (context) =>
        fault.isWell(place, context),
      ),
    ),
  ];
}

/** Mends what only the engine can mend, and forgets the rest: for `reset`, which brings everything else back by itself. */
export async function healForReset(playground: Playground, engine: Engine | undefined): Promise<void> {
  const { name } = playground.config;
  for (const fault of (await engine?.faults?.list(name)) ?? []) await engine?.faults?.set(name, fault, false);
  await forgetRecords(playground);
}

function see(
  id: string,
  title: string,
  need: string,
  fault: Fault,
  look: (context: TaskContext) => Promise<Look<undefined>>,
): Task {
  return everyTime(id, title, [need], async (context) => {
    const wait = { what: title, limit: LIMIT_MS, interval: LOOK_MS, signal: context.signal };
    await waitFor(() => look(context), wait).catch((error: unknown) => {
      if (!(error instanceof WaitTimeout)) throw error;
      throw new PlaygroundError({
        code: 'fault-unseen',
        message: `${fault.id}: after ${LIMIT_MS / 1000} s it does not look as it should; last seen: ${error.seen}`,
        hint: 'see how the parts are: gitops-playground status; reset brings the seeded state back',
        cause: error,
      });
    });
  });
}

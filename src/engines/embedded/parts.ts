import { setTimeout as delay } from 'node:timers/promises';
import { PlaygroundError, messageOf } from '../../lib/errors.ts';
import { isInside } from '../../lib/fs.ts';
import type { Orders } from './control.ts';
import { copyData, replaceData, takeBack } from './data.ts';
import { applyFault, keepFault, readFaults } from './faults.ts';
import { startRuntime, type Runtime } from './runtime.ts';
import { folders, type State } from './state.ts';

/** The parts of a playground, over their replacements. */
export interface Parts {
  readonly orders: Orders;
  close(): Promise<void>;
}

/** Milliseconds that a copy waits for pushes and requests that are under way. A longer push is copied as not there yet. */
const SETTLING = 3000;

/** Starts the parts of a playground, and lets them be broken, copied and replaced. */
export async function startParts(state: State): Promise<Parts> {
  const { name } = state.config;
  let runtime: Runtime = await startRuntime(state);

  return {
    orders: {
      async fault({ fault, broken }) {
        await keepFault(name, fault, broken);
        await applyFault(runtime, fault, broken);
      },

      async copy({ folder }) {
        if (!isInside(folders(name).snapshots, folder)) throw new Error(`${folder} is no place for a copy`);
        const { git } = runtime;
        let release = () => undefined as void;
        const held = new Promise<void>((resolve) => (release = resolve));
        git.listener.slow(() => held);
        try {
          await Promise.race([git.settle(), delay(SETTLING)]);
          await copyData(name, folder);
        } finally {
          release();
          await applyFault(runtime, 'slow-git', (await readFaults(name)).includes('slow-git'));
        }
      },

      async replace() {
        // No farewell to the pods: what they would do in it is forgotten anyway.
        await runtime.close(0);
        await replaceData(name);
        try {
          runtime = await startRuntime(state);
        } catch (error) {
          await takeBack(name);
          runtime = await startRuntime(state).catch((reason: unknown) => {
            // Without its parts there is nothing left of this process; the next `up` says why they do not start.
            process.stderr.write(`${messageOf(reason)}\n`);
            process.exit(1);
          });
          throw new PlaygroundError({
            code: 'snapshot-unusable',
            message: 'the parts cannot start on what is in the snapshot, so everything is as it was before',
            hint: 'see: gitops-playground logs; delete the snapshot and save a new one',
            cause: error,
          });
        }
      },
    },
    close: () => runtime.close(),
  };
}

import { ROW_LENGTH } from '../../src/engines/k3d/cluster-config.ts';
import { choosePorts } from '../../src/engines/k3d/steps.ts';

/** The first of a row of ports that no other test is likely to choose at the same moment. */
export async function freeRow(): Promise<number> {
  for (;;) {
    const first = 10_000 + ROW_LENGTH * Math.floor(Math.random() * 300);
    const found = await choosePorts(first).catch(() => undefined);
    if (found !== undefined) return found.ports.dashboard;
  }
}

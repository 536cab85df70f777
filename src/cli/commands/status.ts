import { invalid } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { playgroundStatus } from '../../flow/status.ts';
import type { CommandContext } from '../command.ts';
import { showStatus } from '../summary.ts';

/** `status`: exits with 1 unless everything is ready. */
export async function run({ name, output, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const engine = await engineOf(name);
  const status = await playgroundStatus(engine, name);
  if (output.json) output.result(status);
  else showStatus(output, status);
  return status.phase === 'ready' ? 0 : 1;
}

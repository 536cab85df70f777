import { invalid } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { requireEndpoints } from '../../flow/playground.ts';
import { endpointDocument } from '../../flow/status.ts';
import type { CommandContext } from '../command.ts';
import { credentialTable } from '../summary.ts';

/** `credentials`: where to log in, as whom. */
export async function run({ name, output, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const endpoints = await requireEndpoints(await engineOf(name), name);
  if (output.json) output.result(endpointDocument(endpoints));
  else output.line(credentialTable(output, endpointDocument(endpoints)));
  return 0;
}

import { resolve } from 'node:path';
import { invalid } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { cloneRepository } from '../../flow/clone.ts';
import { connectTo } from '../../flow/playground.ts';
import type { CommandContext } from '../command.ts';

/** `clone <repo> [dir]`: a clone that can push without asking for a password. */
export async function run({ name, args, output, signal, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const [repository = '', folder = repository] = args;
  const playground = await connectTo(await engineOf(name), name);
  const target = resolve(folder);
  await cloneRepository(playground, repository, target, signal);
  if (output.json) output.result({ repository, folder: target });
  else output.line(`cloned ${repository} to ${target}`);
  return 0;
}

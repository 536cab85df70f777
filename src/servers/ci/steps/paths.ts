import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { systemCode } from '../../../lib/errors.ts';
import { isInside } from '../../../lib/fs.ts';
import { StepFailure, type StepContext } from '../pipeline/host.ts';
import { workingFolder, type BuildServices } from '../builds/services.ts';

/**
 * A path of a step, resolved in its working folder. It stays in the build's workspace, also where links lead.
 * @throws StepFailure when it does not.
 */
export async function inWorkspace(
  services: BuildServices,
  context: StepContext,
  step: string,
  path: string,
): Promise<string> {
  const target = resolve(workingFolder(context, step), path);
  const roots = [...services.roots].flatMap(({ folder, temporary }) => [folder, temporary]);
  const real = await realOf(target);
  for (const root of roots) {
    if (isInside(root, target) && isInside(await realOf(root), real)) return target;
  }
  throw new StepFailure(`${step}: the path "${path}" leads out of the workspace`);
}

/** The real path of what is there, with the rest of the way that is not. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    const parent = dirname(path);
    return parent === path
      ? path
      : resolve(await realOf(parent), path.slice(parent.length).replace(/^[/\\]+/, ''));
  }
}

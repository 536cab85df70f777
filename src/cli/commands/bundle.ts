import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { invalid, loadConfig } from '../../config/load.ts';
import { planBundle } from '../../engines/select.ts';
import { repositoryNames } from '../../flow/names.ts';
import { contentOf } from '../../flow/seed.ts';
import { runTasks } from '../../flow/task.ts';
import type { CommandContext } from '../command.ts';
import { renderTasks } from '../renderers/render.ts';
import { clusterSettings } from '../settings.ts';

/** `bundle save FILE`: everything that `up --bundle FILE` needs where there is no internet. */
export async function run({
  name,
  args,
  options,
  output,
  signal,
  problems,
}: CommandContext): Promise<number> {
  const [action, file] = args;
  if (action !== 'save') {
    throw invalid([...problems, { place: action ?? '<action>', message: 'choose: save' }]);
  }
  const source = typeof options.config === 'string' ? options.config : undefined;
  const settings = { name, ...clusterSettings(options), bundle: undefined };
  const config = await loadConfig(source, settings, { problems });
  const target = resolve(file ?? '');
  const { tasks, cleanUp } = await planBundle(
    config,
    target,
    (endpoints) => contentOf({ config, endpoints }, repositoryNames.operator).files,
  );
  const durations = await renderTasks(output, (emit) => runTasks(tasks, emit, signal)).finally(cleanUp);
  const { size } = await stat(target);
  if (output.json) output.result({ file: target, size, durations });
  else
    output.line(`${target} (${Math.round(size / 1024 / 1024)} MiB): use it with \`up --bundle ${target}\``);
  return 0;
}

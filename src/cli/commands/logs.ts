import { invalid, type Problem } from '../../config/load.ts';
import { components, type Component } from '../../engines/engine.ts';
import { engineOf } from '../../engines/select.ts';
import type { CommandContext } from '../command.ts';

/** `logs [component] [-f]`: until Ctrl-C with `-f`, which then is a good end. */
export async function run({
  name,
  args,
  options,
  output,
  signal,
  problems,
}: CommandContext): Promise<number> {
  const [component] = args;
  const wrong: Problem[] = [];
  if (component !== undefined && !isComponent(component)) {
    wrong.push({ place: component, message: `is no part; choose one of ${components.join(', ')}` });
  }
  const all = [...problems, ...wrong];
  if (all.length > 0) throw invalid(all);
  const engine = await engineOf(name);
  const part = component !== undefined && isComponent(component) ? component : undefined;
  const lines: string[] = [];
  for await (const line of engine.logs(name, part, options.follow === true, signal)) {
    if (output.json) lines.push(line);
    else output.raw(`${line}\n`);
  }
  if (output.json) output.result({ lines });
  return 0;
}

function isComponent(text: string): text is Component {
  return components.some((component) => component === text);
}

import { z } from 'zod';
import { stringify } from 'yaml';
import { invalid, loadConfig } from '../../config/load.ts';
import { configSchema } from '../../config/schema.ts';
import type { CommandContext } from '../command.ts';

const actions = ['print', 'schema', 'validate'] as const;
type Action = (typeof actions)[number];

/** `config print|schema|validate [file]`. */
export async function run({ args, output, problems }: CommandContext): Promise<number> {
  const [action, file] = args;
  if (!isAction(action)) {
    throw invalid([
      ...problems,
      { place: action ?? '<action>', message: `choose one of ${actions.join(', ')}` },
    ]);
  }
  if (action === 'schema') {
    if (problems.length > 0) throw invalid(problems);
    output.result(z.toJSONSchema(configSchema, { io: 'input' }));
    return 0;
  }
  const missing = action === 'validate' && file === undefined;
  const all = missing ? [...problems, { place: '<file>', message: 'name the file to check' }] : problems;
  const config = await loadConfig(file, {}, { problems: all });
  if (action === 'print') {
    if (output.json) output.result(config);
    else output.raw(stringify(config));
  } else if (output.json) output.result({ valid: true });
  else output.line(`${file ?? ''} is valid`);
  return 0;
}

function isAction(text: string | undefined): text is Action {
  return actions.some((action) => action === text);
}

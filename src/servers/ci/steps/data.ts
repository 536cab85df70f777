import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../../lib/errors.ts';
import { StepFailure, type PipelineValue, type Step, type StepCall } from '../pipeline/host.ts';
import type { BuildServices } from '../builds/services.ts';
import { flagArg, listArg, requiredText, textArg } from './arguments.ts';
import { readInWorkspace } from './files.ts';
import { inWorkspace } from './paths.ts';

/** `readJSON`, `writeJSON`, `readYaml`, `writeYaml` of the Pipeline Utility Steps plugin. */
export function dataSteps(services: BuildServices): Step[] {
  const input = async (call: StepCall): Promise<string> => {
    const text = textArg(call.args, 'text');
    const file = textArg(call.args, 'file');
    if ((text === undefined) === (file === undefined)) {
      throw new StepFailure(`${call.name}: give either "file" or "text"`);
    }
    if (text !== undefined) return text;
    return (await readInWorkspace(services, call.context, call.name, file ?? '')).toString('utf8');
  };
  const output = async (call: StepCall, text: string): Promise<PipelineValue> => {
    if (flagArg(call.args, 'returnText')) return text;
    const file = await inWorkspace(services, call.context, call.name, requiredText(call, 'file'));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return null;
  };
  return [
    {
      name: 'readJSON',
      async run(call) {
        const text = await input(call);
        try {
          return JSON.parse(text) as PipelineValue;
        } catch (error) {
          throw new StepFailure(`readJSON: not valid JSON${ofFile(call)}: ${messageOf(error)}`);
        }
      },
    },
    {
      name: 'writeJSON',
      async run(call) {
        const pretty = Number(textArg(call.args, 'pretty') ?? 0);
        return output(call, JSON.stringify(call.args['json'] ?? null, undefined, pretty));
      },
    },
    {
      name: 'readYaml',
      async run(call) {
        const { parseAllDocuments } = await import('yaml');
        const documents = parseAllDocuments(await input(call));
        const values: PipelineValue[] = [];
        for (const document of Array.isArray(documents) ? documents : []) {
          const [problem] = document.errors;
          if (problem !== undefined)
            throw new StepFailure(`readYaml: not valid YAML${ofFile(call)}: ${messageOf(problem)}`);
          values.push(document.toJS({ maxAliasCount: 100 }) as PipelineValue);
        }
        return values.length > 1 ? values : (values[0] ?? null);
      },
    },
    {
      name: 'writeYaml',
      async run(call) {
        const { stringify } = await import('yaml');
        const { args } = call;
        const documents = args['datas'] === undefined ? [args['data'] ?? null] : listArg(args, 'datas');
        const file = textArg(args, 'file');
        if (file !== undefined && !flagArg(args, 'overwrite')) {
          const there = await readInWorkspace(services, call.context, 'writeYaml', file).catch(
            () => undefined,
          );
          if (there !== undefined)
            throw new StepFailure(`writeYaml: "${file}" is there already; use overwrite: true`);
        }
        return output(call, documents.map((document) => stringify(document)).join('---\n'));
      },
    },
  ];
}

function ofFile(call: StepCall): string {
  const file = textArg(call.args, 'file');
  return file === undefined ? '' : ` in "${file}"`;
}

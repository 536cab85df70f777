import { StepFailure, type PipelineValue, type Step } from '../pipeline/host.ts';
import type { ParameterDefinition } from '../model.ts';
import type { BuildServices } from '../builds/services.ts';
import { flagArg, isRecord, kindOf, listArg, requiredText, textArg } from './arguments.ts';

/** Steps that wait: for a person, for a lock, for another build. */
export function coordinationSteps(services: BuildServices): Step[] {
  return [
    {
      name: 'input',
      defaultArgument: 'message',
      async run(call) {
        const message = textArg(call.args, 'message') ?? 'Proceed?';
        const ok = textArg(call.args, 'ok') ?? 'Proceed';
        const parameters = listArg(call.args, 'parameters').map(parameterOf);
        const id = capitalize(textArg(call.args, 'id') ?? freeId(services));
        const submitters = (textArg(call.args, 'submitter') ?? '')
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '');
        services.log.line(`${message}\n${ok} or Abort`);
        const question = { id, message, ok, submitters, parameters };
        const { user, values } = await services.inputs.ask(question, call.context.signal);
        services.log.line(`Approved by ${user}`);
        const submitter = textArg(call.args, 'submitterParameter');
        const answers = {
          ...Object.fromEntries(
            parameters.map(({ name, defaultValue }) => [name, values[name] ?? defaultValue]),
          ),
          ...(submitter === undefined ? {} : { [submitter]: user }),
        };
        const all = Object.values(answers);
        return all.length === 0 ? null : all.length === 1 ? (all[0] ?? null) : answers;
      },
    },
    {
      name: 'lock',
      defaultArgument: 'resource',
      async run(call) {
        const name = requiredText(call, 'resource');
        const onWait = () => {
          services.log.line(`[${name}] is locked, waiting...`);
        };
        services.log.line(`Trying to acquire lock on [${name}]`);
        return services.locks.hold(name, call.context.signal, onWait, async () => {
          services.log.line(`Lock acquired on [${name}]`);
          try {
            return (await call.body?.(call.context)) ?? null;
          } finally {
            services.log.line(`Lock released on resource [${name}]`);
          }
        });
      },
    },
    {
      name: 'build',
      defaultArgument: 'job',
      async run(call) {
        const job = requiredText(call, 'job');
        const parameters: Record<string, PipelineValue> = {};
        for (const parameter of listArg(call.args, 'parameters')) {
          if (isRecord(parameter)) parameters[textArg(parameter, 'name') ?? ''] = parameter['value'] ?? '';
        }
        services.log.line(`Scheduling project: ${job}`);
        const wait = flagArg(call.args, 'wait', true);
        const done = await services.runJob(job, parameters, wait, call.context.signal);
        if (done === undefined) return null;
        if (done.result !== 'SUCCESS' && flagArg(call.args, 'propagate', true)) {
          throw new StepFailure(
            `${done.fullName} #${done.number} completed with status ${done.result}`,
            done.result,
          );
        }
        return {
          number: done.number,
          result: done.result,
          currentResult: done.result,
          fullProjectName: done.fullName,
        };
      },
    },
    refused('emailext', 'this CI server sends no mail'),
    refused('mail', 'this CI server sends no mail'),
    refused('bat', 'this CI server has no Windows node; use sh'),
    refused('powershell', 'this CI server has no Windows node; use sh'),
    refused('sshagent', 'this CI server keeps no SSH keys'),
  ];
}

function refused(name: string, why: string): Step {
  return {
    name,
    run: async () => {
      throw new StepFailure(`${name}: ${why}`);
    },
  };
}

/** Jenkins shows ids with a capital first letter. */
function capitalize(id: string): string {
  return id.charAt(0).toUpperCase() + id.slice(1);
}

function freeId(services: BuildServices): string {
  for (let n = 1; ; n += 1) if (services.inputs.find(`Input-${n}`) === undefined) return `input-${n}`;
}

/** A parameter as pipelines write it: `string(name: …, defaultValue: …)`, `choice(…)`, `booleanParam(…)`. */
export function parameterOf(value: PipelineValue): ParameterDefinition {
  const args = isRecord(value) ? value : {};
  const name = textArg(args, 'name');
  if (name === undefined) throw new StepFailure('a parameter needs a "name"');
  const description = textArg(args, 'description') ?? '';
  const given = args['defaultValue'];
  switch (kindOf(value)) {
    case 'booleanParam':
    case 'BooleanParameterDefinition':
      return {
        name,
        type: 'BooleanParameterDefinition',
        description,
        defaultValue: given === true || given === 'true',
      };
    case 'choice':
    case 'choiceParam':
    case 'ChoiceParameterDefinition': {
      const raw = args['choices'];
      const choices = (typeof raw === 'string' ? raw.split('\n') : listArg(args, 'choices')).map(String);
      return {
        name,
        type: 'ChoiceParameterDefinition',
        description,
        choices,
        defaultValue: choices[0] ?? '',
      };
    }
    case 'text':
      return { name, type: 'TextParameterDefinition', description, defaultValue: given ?? '' };
    case 'password':
    case 'nonStoredPassword':
      return { name, type: 'PasswordParameterDefinition', description, defaultValue: given ?? '' };
    default:
      return { name, type: 'StringParameterDefinition', description, defaultValue: given ?? '' };
  }
}

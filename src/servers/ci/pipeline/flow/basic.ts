import { raise } from '../../groovy/exceptions.ts';
import { waitFor } from '../../groovy/fiber.ts';
import { asList, plainText } from '../../groovy/operations.ts';
import { GroovyMap } from '../../groovy/values.ts';
import { formatText } from '../../groovy/library/format.ts';
import { toHost } from '../convert.ts';
import type { PipelineValue } from '../host.ts';
import { aborted, asGroovy, interrupted } from '../interruptions.ts';
import { withoutFields } from '../build.ts';
import { LoadedLibrary, loadNow } from '../libraries.ts';
import { argument, numberArgument, requireText, runBlock, textArgument, type FlowStep } from './step.ts';

const UNITS: Readonly<Record<string, number>> = {
  NANOSECONDS: 1e-6,
  MICROSECONDS: 1e-3,
  MILLISECONDS: 1,
  SECONDS: 1000,
  MINUTES: 60_000,
  HOURS: 3_600_000,
  DAYS: 86_400_000,
};

/** Milliseconds of a time and its unit. */
export function duration(time: number, unit: string): number {
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (factor === undefined)
    return raise(
      'IllegalArgumentException',
      `there is no unit ${unit}; there are ${Object.keys(UNITS).join(', ')}`,
    );
  return time * factor;
}

/** Waits, unless the signal ends it. */
export function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(interrupted('The build was aborted', 'ABORTED', signal.reason));
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(asGroovy(signal.reason, signal));
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop);
        resolve();
      },
      Math.min(millis, 2 ** 31 - 1),
    );
    signal.addEventListener('abort', stop, { once: true });
  });
}

export const echo: FlowStep = {
  *run(call) {
    const { build, context, frame } = call;
    const message = yield* build.interpreter.text(argument(call, 'message', true) ?? null, frame);
    build.trace('echo');
    context.log(`${message}\n`);
    return null;
  },
};

function printing(end: string): FlowStep {
  return {
    *run({ build, context, frame, positional, named }) {
      const [value = named.size > 0 ? named : ''] = positional;
      context.log((yield* build.interpreter.text(value, frame)) + end);
      return null;
    },
  };
}

export const println = printing('\n');
export const print = printing('');

export const printf: FlowStep = {
  *run({ context, positional }) {
    context.log(formatText(plainText(positional[0] ?? null), positional.slice(1)));
    return null;
  },
};

export const error: FlowStep = {
  *run(call) {
    call.build.trace('error');
    throw aborted(textArgument(call, 'message', true) ?? '');
  },
};

export const sleep: FlowStep = {
  *run(call) {
    const time = numberArgument(call, 'time', true) ?? 0;
    const millis = duration(time, textArgument(call, 'unit') ?? 'SECONDS');
    call.build.trace('sleep');
    call.context.log(`Sleeping for ${time} ${(textArgument(call, 'unit') ?? 'SECONDS').toLowerCase()}\n`);
    yield* waitFor(pause(millis, call.context.signal));
    return null;
  },
};

export const withEnv: FlowStep = {
  *run(call) {
    const { build, context } = call;
    const variables: Record<string, string> = {};
    for (const entry of asList(argument(call, 'overrides', true) ?? null) ?? []) {
      const text = yield* build.interpreter.text(entry, call.frame);
      const equals = text.indexOf('=');
      if (equals < 1) raise('IllegalArgumentException', `withEnv takes NAME=value, not ${text}`);
      const [name, value] = [text.slice(0, equals), text.slice(equals + 1)];
      const added = /^(.+)\+[^+]*$/.exec(name);
      if (added === null) variables[name] = value;
      else {
        const before = variables[added[1] ?? ''] ?? context.variable(added[1] ?? '');
        variables[added[1] ?? ''] = before === undefined || before === '' ? value : `${value}:${before}`;
      }
    }
    build.trace('withEnv');
    return yield* runBlock(call, context.withVariables(variables));
  },
};

export const unstable: FlowStep = {
  *run(call) {
    const message = requireText(call, 'message');
    call.build.trace('unstable');
    call.context.log(`WARNING: ${message}\n`);
    call.build.worsen('UNSTABLE', call.context);
    return null;
  },
};

export const library: FlowStep = {
  *run(call) {
    const { build, frame } = call;
    build.trace('library');
    yield* loadNow(build.libraries, requireText(call, 'identifier'), frame);
    return new LoadedLibrary(build.libraries, '');
  },
};

export const libraryResource: FlowStep = {
  *run(call) {
    if (textArgument(call, 'encoding')?.toLowerCase() === 'base64')
      raise('hudson.AbortException', 'libraryResource: the encoding Base64 is not supported; read text');
    call.build.trace('libraryResource');
    return call.build.libraries.resource(requireText(call, 'resource'));
  },
};

export const properties: FlowStep = {
  *run(call) {
    call.build.trace('properties');
    const list = asList(argument(call, 'properties', true) ?? null) ?? [];
    const entries = list.flatMap((each): [string, PipelineValue][] => {
      if (!(each instanceof GroovyMap)) return [];
      const name = plainText(each.get('$class') ?? null);
      return [[name, toHost(name === 'parameters' ? (each.get('parameterDefinitions') ?? []) : each)]];
    });
    call.build.host.onProperties(Object.fromEntries(entries));
    return null;
  },
};

export const isUnix: FlowStep = {
  mayBeReplaced: true,
  *run({ build }) {
    build.trace('isUnix');
    return true;
  },
};

/** Steps that only colour or stamp the log, or do nothing here. */
export const plainBlock: FlowStep = {
  mayBeReplaced: true,
  *run(call) {
    call.build.trace(call.name);
    return yield* runBlock(call, call.context);
  },
};

export const milestone: FlowStep = {
  mayBeReplaced: true,
  *run(call) {
    call.build.trace('milestone');
    call.context.log(`Trying to pass milestone ${textArgument(call, 'ordinal', true) ?? ''}\n`);
    return null;
  },
};

/** Runs a Groovy file of the workspace: its value, which often is itself (`return this`). */
export const load: FlowStep = {
  *run(call) {
    const { build, frame } = call;
    const path = requireText(call, 'path');
    build.trace('load');
    const read = GroovyMap.of([['file', path]]);
    const source = yield* build.interpreter.world.call('readFile', [read], frame);
    if (typeof source !== 'string') throw aborted('load needs the step readFile');
    const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
    const { node: file, script } = yield* build.loadScript({ file: path, source }, name, frame);
    const scope = build.interpreter.scriptScope(script, frame.fiber);
    return yield* build.interpreter.runBody(withoutFields(file.body), scope);
  },
};

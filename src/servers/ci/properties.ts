import type { PipelineProperties } from './model.ts';
import { StepFailure, type PipelineValue } from './pipeline/host.ts';
import { flagArg, isRecord, kindOf, listArg, textArg } from './steps/arguments.ts';
import { parameterOf } from './steps/coordination.ts';

/**
 * What a pipeline asks of the server by `options { }`, `parameters { }` and `properties([…])`. Both shapes arrive here: by name
 * (`{ buildDiscarder: …, disableConcurrentBuilds: … }`) and as describables.
 */
export function parseProperties(given: Readonly<Record<string, PipelineValue>>): PipelineProperties {
  const entries = Object.entries(given).flatMap(([name, value]): [string, PipelineValue][] => {
    if (name !== 'properties' && name !== 'options') return [[name, value]];
    return listArg(given, name).map((one) => [kindOf(one), one]);
  });
  let disableConcurrentBuilds = false;
  let abortPrevious = false;
  let keep: { builds?: number; days?: number } = {};
  let parameters: PipelineProperties['parameters'] = [];
  for (const [name, value] of entries) {
    switch (name) {
      case 'disableConcurrentBuilds':
        disableConcurrentBuilds = value !== false;
        abortPrevious = isRecord(value) && flagArg(value, 'abortPrevious');
        break;
      case 'buildDiscarder':
        keep = discarderOf(value);
        break;
      case 'parameters': {
        const list = isRecord(value) ? (value['parameters'] ?? value['parameterDefinitions'] ?? []) : value;
        parameters = (Array.isArray(list) ? (list as PipelineValue[]) : []).map(parameterOf);
        break;
      }
      default:
        // Options of the language (timeout, retry, timestamps, …) are not the server's.
        break;
    }
  }
  return {
    disableConcurrentBuilds,
    abortPrevious,
    buildsToKeep: keep.builds,
    daysToKeep: keep.days,
    parameters,
  };
}

function discarderOf(value: PipelineValue): { builds?: number; days?: number } {
  const outer = isRecord(value) ? value : {};
  const inner = [value, outer['strategy'], outer['value'], ...Object.values(outer)].find(
    (one) => one !== undefined && ['logRotator', 'LogRotator'].includes(kindOf(one)),
  );
  if (inner === undefined || !isRecord(inner))
    throw new StepFailure('buildDiscarder: this CI server knows logRotator(…)');
  const number = (name: string) => {
    const text = textArg(inner, name) ?? '';
    return /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const builds = number('numToKeepStr');
  const days = number('daysToKeepStr');
  return { ...(builds === undefined ? {} : { builds }), ...(days === undefined ? {} : { days }) };
}

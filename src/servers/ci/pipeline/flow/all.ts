import { declarativePipeline } from '../declarative/run.ts';
import {
  echo,
  error,
  isUnix,
  library,
  libraryResource,
  load,
  milestone,
  plainBlock,
  print,
  printf,
  println,
  properties,
  sleep,
  unstable,
  withEnv,
} from './basic.ts';
import { catchError, retry, timeout, waitUntil, warnError } from './guards.ts';
import { parallel } from './parallel.ts';
import { node, script, stage } from './stage.ts';
import type { FlowStep } from './step.ts';

/** The steps that are part of the language. */
export const FLOW_STEPS: ReadonlyMap<string, FlowStep> = new Map(
  Object.entries<FlowStep>({
    ansiColor: plainBlock,
    catchError,
    echo,
    error,
    isUnix,
    library,
    libraryResource,
    load,
    milestone,
    node,
    parallel,
    pipeline: declarativePipeline,
    print,
    printf,
    println,
    properties,
    retry,
    script,
    sleep,
    stage,
    timeout,
    timestamps: plainBlock,
    unstable,
    waitUntil,
    warnError,
    withEnv,
  }),
);

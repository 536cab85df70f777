import type { RunPipeline } from '../../../../../src/servers/ci/builds/runner.ts';
import {
  StepFailure,
  type PipelineValue,
  type StepContext,
} from '../../../../../src/servers/ci/pipeline/host.ts';

export const developer = { username: 'developer', password: 'correct horse', apiToken: '11aabbccddeeff' };

type Call = [name: string, args?: Record<string, PipelineValue>, body?: Call[]];

/** A pipeline text for `stepRunner`: one call after the other, on a node. */
export function calls(...list: Call[]): string {
  return JSON.stringify(list);
}

/** In place of the language: runs the step calls that the script lists, so that these tests are about the server alone. */
export const stepRunner: RunPipeline = async (script, host) => {
  const node = await host.allocateNode(undefined);
  const context = (state: Pick<StepContext, 'env' | 'cwd' | 'signal'>): StepContext => ({
    ...state,
    stages: [],
    log: (text) => {
      host.log(text);
    },
    with: (change) => context({ ...state, ...change }),
  });
  const runAll = async (list: Call[], current: StepContext): Promise<PipelineValue> => {
    let last: PipelineValue = null;
    for (const [name, args = {}, body] of list) {
      if (name === 'echo') {
        host.log(`${JSON.stringify(args['message'] ?? last)}\n`);
        continue;
      }
      const step = host.steps.get(name);
      if (step === undefined) throw new StepFailure(`no step ${name}`);
      const given = args['scm'] === 'scm' ? { ...args, scm: host.scm } : args;
      last = await step.run({
        name,
        args: given,
        context: current,
        ...(body === undefined ? {} : { body: (inner) => runAll(body, inner) }),
      });
    }
    return last;
  };
  try {
    const env = { ...host.env, ...node.env };
    await runAll(JSON.parse(script.source) as Call[], context({ env, cwd: node.cwd, signal: host.signal }));
    return { result: 'SUCCESS' };
  } finally {
    await node.release();
  }
};

import type { KubeObject } from '../../clients/kubernetes.ts';
import type { EngineFault } from '../../engines/engine.ts';
import { systemCode } from '../../lib/errors.ts';
import type { Look } from '../../lib/wait.ts';
import type { Playground } from '../playground.ts';
import { seen, type Fault } from './fault.ts';

/** A request to a healthy server on this machine takes less than this many milliseconds. */
const SLOW = 1500;

/** A fault of the machinery, which only the engine can bring about. */
function engineFault(
  id: EngineFault,
  texts: Pick<Fault, 'title' | 'symptom' | 'look'>,
  isWell: (playground: Playground) => Promise<Look<undefined>>,
): Fault {
  return {
    id,
    ...texts,
    refusal: ({ engine }) =>
      engine.faults === undefined
        ? `the engine ${engine.id} runs the real products, and does not break them; the engine embedded can`
        : undefined,
    isBroken: async ({ engine, playground }) =>
      (await engine.faults?.list(playground.config.name))?.includes(id) === true,
    prepare: () => Promise.resolve({ since: new Date().toISOString() }),
    async break({ engine, playground }, record) {
      await engine.faults?.set(playground.config.name, id, true);
      return record;
    },
    heal: async ({ engine, playground }) => engine.faults?.set(playground.config.name, id, false),
    shows: async ({ playground }) => seen(!(await isWell(playground)).done, 'it answers as ever'),
    isWell: ({ playground }) => isWell(playground),
  };
}

export const registryDown = engineFault(
  'registry-down',
  {
    title: 'the registry is down',
    symptom:
      'connections to the registry are refused: builds fail when they push, and pods whose image is not on the node yet stay in ImagePullBackOff',
    look: 'curl the address that `credentials` shows for the registry, then push a commit and see its build fail',
  },
  async ({ registry }) => {
    try {
      await registry.ping();
      return seen(true, '');
    } catch (error) {
      return seen(false, `the registry answers with ${systemCode(error) ?? String(error)}`);
    }
  },
);

export const slowGit = engineFault(
  'slow-git',
  {
    title: 'the Git server is slow',
    symptom:
      'every request to the Git server takes seconds: clones and pushes hang, builds take long, and the operator is late',
    look: 'time git ls-remote on any repository',
  },
  async ({ git }) => {
    const start = performance.now();
    await git.version();
    const took = performance.now() - start;
    return seen(took < SLOW, `an answer took ${Math.round(took)} ms`);
  },
);

interface Node extends KubeObject {
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] };
}

const NOT_READY = 'node.kubernetes.io/not-ready';

export const nodeNotReady = engineFault(
  'node-not-ready',
  {
    title: 'the node is not ready',
    symptom:
      'the node is NotReady, its pods are out of their Services so that nothing answers, deleted pods stay in Terminating, and new ones in Pending',
    look: 'kubectl get nodes, kubectl describe node, kubectl get pods -A',
  },
  async (playground) => {
    const cluster = await playground.cluster();
    const { items } = await cluster.list<Node>({ apiVersion: 'v1', kind: 'Node' });
    // The taint comes and goes a moment after the condition.
    const unwell = items.filter(({ spec }) => spec?.taints?.some(({ key }) => key === NOT_READY) === true);
    return seen(
      unwell.length === 0,
      unwell.map(({ metadata }) => `the node ${metadata.name} is NotReady`).join(', '),
    );
  },
);

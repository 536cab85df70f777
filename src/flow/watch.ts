import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../lib/errors.ts';
import { isAway } from './explain.ts';
import { mainBranch } from './names.ts';
import type { Playground } from './playground.ts';
import { traceCommit, type Trace, type TraceStep } from './trace.ts';

/** What happens to the commits that are watched. */
export type WatchEvent =
  /** A branch has come to a commit. */
  | { readonly type: 'commit'; readonly trace: Trace; readonly branch: string }
  /** A step has begun, ended, or says something else than before. */
  | { readonly type: 'step'; readonly trace: Trace; readonly step: TraceStep }
  /** Nothing moves any more: it has arrived, has failed, or waits for a person. */
  | { readonly type: 'settled'; readonly trace: Trace; readonly outcome: Outcome }
  /** The playground does not answer; the watch goes on when it does. */
  | { readonly type: 'silent'; readonly message: string };

export type Outcome = 'arrived' | 'failed' | 'waits';

interface WatchOptions {
  /** Watch this commit instead of all that come. */
  readonly commit?: string | undefined;
  /** End when so many commits have settled. */
  readonly commits?: number | undefined;
  readonly signal: AbortSignal;
}

interface Followed {
  trace: Trace;
  outcome: Outcome | undefined;
  /** When it is looked at next, in milliseconds of `performance.now()`. */
  due: number;
}

/** Milliseconds between two looks: at what moves, and at what waits for a person. */
const LOOK_MS = 150;
const PATIENT_LOOK_MS = 2000;
/** What waits longer than so many newer commits is not looked at any more. */
const MOST_FOLLOWED = 10;

/**
 * Follows commits of the application through the loop, by the standard APIs alone, until it is told to end.
 * @returns what was seen of each commit, oldest first.
 */
export async function watchCommits(
  playground: Playground,
  emit: (event: WatchEvent) => void,
  { commit, commits, signal }: WatchOptions,
): Promise<Trace[]> {
  const followed = new Map<string, Followed>();
  const follow = (trace: Trace, branch: string) => {
    followed.set(trace.revision, { trace: { ...trace, steps: [] }, outcome: undefined, due: 0 });
    emit({ type: 'commit', trace, branch });
  };
  const settled = () => [...followed.values()].filter(({ outcome }) => outcome !== undefined).length;
  const wanted = commit === undefined ? (commits ?? Infinity) : 1;
  let heads: ReadonlyMap<string, string> | undefined;
  let silent = false;
  while (!signal.aborted && settled() < wanted) {
    try {
      if (commit !== undefined && followed.size === 0) {
        const trace = await traceCommit(playground, commit);
        follow(trace, trace.branch ?? mainBranch);
      } else if (commit === undefined) {
        const now = await readHeads(playground);
        for (const [branch, revision] of now) {
          if (heads !== undefined && heads.get(branch) !== revision)
            follow(await traceCommit(playground, revision), branch);
        }
        heads = now;
      }
      await look(playground, [...followed.values()].slice(-MOST_FOLLOWED), emit);
      silent = false;
    } catch (error) {
      // There is no such commit, or more than one: nothing that comes later.
      if (followed.size === 0 && commit !== undefined && !isAway(error)) throw error;
      if (!silent) emit({ type: 'silent', message: messageOf(error) });
      silent = true;
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  return [...followed.values()].map(({ trace }) => trace);
}

/** The newest commit of each branch of the application. */
async function readHeads({ git, config }: Playground): Promise<Map<string, string>> {
  const references = await git.listReferences(config.organization, config.application, 'heads');
  return new Map(references.map(({ ref, object }) => [ref.replace('refs/heads/', ''), object.sha]));
}

async function look(
  playground: Playground,
  followed: readonly Followed[],
  emit: (event: WatchEvent) => void,
): Promise<void> {
  const now = performance.now();
  const due = followed.filter((one) => one.due <= now && one.outcome !== 'arrived');
  const traces = await Promise.all(due.map(({ trace }) => traceCommit(playground, trace.revision)));
  for (const [index, one] of due.entries()) {
    const trace = traces[index];
    if (trace === undefined) continue;
    for (const step of changedSteps(one.trace, trace)) emit({ type: 'step', trace, step });
    one.trace = trace;
    const outcome = outcomeOf(trace);
    if (outcome !== undefined && outcome !== one.outcome) emit({ type: 'settled', trace, outcome });
    one.outcome = outcome;
    one.due = outcome === undefined ? 0 : now + PATIENT_LOOK_MS;
  }
}

/** The steps that have begun or changed since an earlier look. */
export function changedSteps(before: Trace, after: Trace): TraceStep[] {
  return after.steps.filter((step) => {
    if (step.state === 'missing') return false;
    const earlier = before.steps.find(({ id }) => id === step.id);
    return !isDeepStrictEqual(essence(earlier), essence(step));
  });
}

/** A running step lasts longer with every look; that is no news. */
function essence(step: TraceStep | undefined) {
  return step && [step.state, step.title, step.state === 'running' ? undefined : step.duration];
}

/** How a commit's way has ended; undefined while something moves. Only the main branch is deployed. */
export function outcomeOf({ steps, branch = mainBranch }: Trace): Outcome | undefined {
  const state = (id: string) => steps.find((step) => step.id === id)?.state;
  if (steps.some((step) => step.state === 'running')) return undefined;
  if (state('build') === 'failed') return 'failed';
  if (state('build') !== 'done') return undefined;
  if (branch !== mainBranch || state('production/answer') === 'done') return 'arrived';
  const merged = state('merge') === 'done';
  return state('staging/answer') === 'done' && !merged ? 'waits' : undefined;
}

import { headlineOf, messageOf } from './errors.ts';

/**
 * One step towards the wanted state. `check` looks, `apply` changes what `check` found missing, `verify` proves
 * that it holds now.
 */
export interface Task {
  readonly id: string;
  /** What it brings about, as an imperative: "Create the repositories". */
  readonly title: string;
  /** Ids of the tasks that come before. Tasks that do not wait for each other run side by side. */
  readonly needs: readonly string[];
  /** Whether there is nothing to do. */
  check(context: TaskContext): Promise<boolean>;
  apply(context: TaskContext): Promise<void>;
  verify?(context: TaskContext): Promise<void>;
}

/** A task that is done whenever it is its turn: what it brings about cannot be there beforehand. */
export function everyTime(id: string, title: string, needs: readonly string[], apply: Task['apply']): Task {
  return { id, title, needs, check: () => Promise.resolve(false), apply };
}

export interface TaskContext {
  readonly signal: AbortSignal;
  /** Tells what is happening now, in a few words. */
  readonly progress: (message: string) => void;
}

/** What renderers subscribe to. Times are milliseconds. */
export type TaskEvent =
  | { readonly type: 'planned'; readonly tasks: readonly Pick<Task, 'id' | 'title' | 'needs'>[] }
  | { readonly type: 'started'; readonly id: string }
  | { readonly type: 'progress'; readonly id: string; readonly message: string }
  | {
      readonly type: 'finished';
      readonly id: string;
      readonly outcome: 'done' | 'unchanged';
      readonly duration: number;
    }
  | { readonly type: 'failed'; readonly id: string; readonly duration: number; readonly message: string }
  | { readonly type: 'skipped'; readonly id: string };

/** Tasks were interrupted. What runs then is ended, and what was done stays. */
export class Interruption extends Error {
  /** Titles of the tasks that are done, now or before. */
  readonly done: readonly string[];
  /** Titles of those that were under way: what they make may be there in part. */
  readonly unfinished: readonly string[];
  /** Those that had failed by themselves before, with the reason: why somebody may have lost patience. */
  readonly failed: readonly FailedTask[];

  constructor(
    reason: unknown,
    { done, unfinished, failed }: Pick<Interruption, 'done' | 'unfinished' | 'failed'>,
  ) {
    super(messageOf(reason), { cause: reason });
    this.name = 'Interruption';
    this.done = done;
    this.unfinished = unfinished;
    this.failed = failed;
  }
}

interface FailedTask {
  readonly title: string;
  readonly error: unknown;
}

export type Durations = Readonly<Record<string, number>>;

/**
 * Runs tasks, each as soon as those that it needs are done. After a failure nothing new starts, what runs is
 * waited for, and the first error is thrown.
 * @throws Interruption when the signal was aborted; whatever a task throws.
 */
export async function runTasks(
  tasks: readonly Task[],
  emit: (event: TaskEvent) => void,
  signal: AbortSignal,
): Promise<Durations> {
  emit({ type: 'planned', tasks: tasks.map(({ id, title, needs }) => ({ id, title, needs })) });
  const durations: Record<string, number> = {};
  const outcomes = new Map<string, Promise<boolean>>();
  const failed: FailedTask[] = [];
  const done: string[] = [];
  const unfinished: string[] = [];

  const runOne = async (task: Task): Promise<boolean> => {
    const before = await Promise.all(task.needs.map((id) => outcomes.get(id) ?? Promise.resolve(false)));
    if (failed.length > 0 || signal.aborted || !before.every(Boolean)) {
      emit({ type: 'skipped', id: task.id });
      return false;
    }
    const start = performance.now();
    const elapsed = () => Math.round(performance.now() - start);
    emit({ type: 'started', id: task.id });
    let last: string | undefined;
    const context: TaskContext = {
      signal,
      progress: (message) => {
        last = message;
        emit({ type: 'progress', id: task.id, message });
      },
    };
    try {
      const unchanged = await task.check(context);
      if (!unchanged) {
        await task.apply(context);
        await task.verify?.(context);
      }
      durations[task.id] = elapsed();
      done.push(task.title);
      emit({ type: 'finished', id: task.id, outcome: unchanged ? 'unchanged' : 'done', duration: elapsed() });
      return true;
    } catch (error) {
      if (signal.aborted) unfinished.push(task.title);
      else failed.push({ title: task.title, error });
      const interrupted = last === undefined ? 'interrupted' : `interrupted; last seen: ${last}`;
      const message = signal.aborted ? interrupted : headlineOf(error);
      emit({ type: 'failed', id: task.id, duration: elapsed(), message });
      return false;
    }
  };

  for (const task of inOrder(tasks)) outcomes.set(task.id, runOne(task));
  await Promise.all(outcomes.values());
  if (signal.aborted) throw new Interruption(signal.reason, { done, unfinished, failed });
  if (failed[0] !== undefined) throw failed[0].error;
  return durations;
}

/**
 * The tasks so that each stands behind those that it needs.
 * @throws Error when a need is unknown or the needs form a circle; both are mistakes in a plan.
 */
export function inOrder<T extends Pick<Task, 'id' | 'needs'>>(tasks: readonly T[]): T[] {
  const placed = new Set<string>();
  const ordered: T[] = [];
  while (ordered.length < tasks.length) {
    const ready = tasks.filter(({ id, needs }) => !placed.has(id) && needs.every((need) => placed.has(need)));
    if (ready.length === 0) throw new Error('the plan has a task that needs an unknown one, or itself');
    for (const task of ready) placed.add(task.id);
    ordered.push(...ready);
  }
  return ordered;
}

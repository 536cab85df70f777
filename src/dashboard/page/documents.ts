import { useEffect, useState } from 'preact/hooks';
import type { Topic } from '../model/loop.ts';
import { getJson, Problem } from './api.ts';
import { versionOf } from './live.ts';

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly problem: Problem | undefined;
}

/** A document of the server, asked for again whenever something of these topics has changed. What was there stays meanwhile. */
export function useDocument<T>(path: string, topics: readonly Topic[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T> & { readonly path: string }>({
    path,
    data: undefined,
    problem: undefined,
  });
  // Reading it here makes every change render, and thereby ask, again.
  const seen = versionOf(topics);
  useEffect(() => {
    const abort = new AbortController();
    getJson<T>(path, abort.signal).then(
      (data) => {
        setLoaded({ path, data, problem: undefined });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const problem = error instanceof Problem ? error : new Problem(0, String(error));
        // Where something was shown before, it still tells more than that it cannot be read now.
        setLoaded((before) => ({ path, data: before.path === path ? before.data : undefined, problem }));
      },
    );
    return () => {
      abort.abort();
    };
  }, [path, seen]);
  return loaded.path === path ? loaded : { data: undefined, problem: undefined };
}

export interface Action {
  readonly isRunning: boolean;
  readonly problem: Problem | undefined;
  readonly done: boolean;
  run(): void;
}

/** Something that a button does, once at a time. */
export function useAction(work: () => Promise<unknown>): Action {
  const [state, setState] = useState<Omit<Action, 'run'>>({
    isRunning: false,
    problem: undefined,
    done: false,
  });
  return {
    ...state,
    run() {
      if (state.isRunning) return;
      setState({ isRunning: true, problem: undefined, done: false });
      work().then(
        () => {
          setState({ isRunning: false, problem: undefined, done: true });
        },
        (error: unknown) => {
          const problem = error instanceof Problem ? error : new Problem(0, String(error));
          setState({ isRunning: false, problem, done: false });
        },
      );
    },
  };
}

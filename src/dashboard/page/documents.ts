import { useEffect, useRef, useState } from 'preact/hooks';
import type { Topic } from '../model/loop.ts';
import { getJson, Problem } from './api.ts';
import { versionOf } from './live.ts';

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly problem: Problem | undefined;
}

interface Asking {
  readonly path: string;
  readonly abort: AbortController;
  /** Something has changed while the answer was on its way. */
  again: boolean;
}

/**
 * A document of the server, asked for again whenever something of these topics has changed. What was there stays
 * meanwhile; one question is under way at a time, however fast things change.
 */
export function useDocument<T>(path: string, topics: readonly Topic[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T> & { readonly path: string }>({
    path,
    data: undefined,
    problem: undefined,
  });
  const asking = useRef<Asking | undefined>(undefined);
  // Reading it here makes every change render, and thereby ask, again.
  const seen = versionOf(topics);

  const ask = async () => {
    const question: Asking = { path, abort: new AbortController(), again: false };
    asking.current = question;
    try {
      const data = await getJson<T>(path, question.abort.signal);
      if (!question.abort.signal.aborted) setLoaded({ path, data, problem: undefined });
    } catch (error) {
      if (question.abort.signal.aborted) return;
      const problem = error instanceof Problem ? error : new Problem(0, String(error));
      // Where something was shown before, it still tells more than that it cannot be read now.
      setLoaded((before) => ({ path, data: before.path === path ? before.data : undefined, problem }));
    }
    if (asking.current !== question) return;
    asking.current = undefined;
    if (question.again) void ask();
  };
  useEffect(() => {
    if (asking.current?.path === path) asking.current.again = true;
    else {
      asking.current?.abort.abort();
      void ask();
    }
  }, [path, seen]);
  useEffect(
    () => () => {
      asking.current?.abort.abort();
      asking.current = undefined;
    },
    [],
  );
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

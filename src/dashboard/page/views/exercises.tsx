import { useState } from 'preact/hooks';
import type { ExerciseEntry, ExerciseHint, ExerciseResult, ExerciseText } from '../../exercises.ts';
import type { Topic } from '../../model/loop.ts';
import { post } from '../api.ts';
import { ActionButton, Badge, Empty, ProblemNote, View, Waiting } from '../components/basics.tsx';
import { Markdown } from '../components/markdown.tsx';
import { useAction, useDocument } from '../documents.ts';
import { plural } from '../format.ts';
import { to } from '../router.ts';

/** What is done in a terminal changes how far an exercise is as well. */
const topics: readonly Topic[] = ['exercises', 'git', 'applications'];

/** All exercises, in the order that teaches. */
export function ExercisesView() {
  const { data, problem } = useDocument<ExerciseEntry[]>('/api/exercises', topics);
  const solved = data?.filter(({ state }) => state === 'solved').length ?? 0;
  return (
    <View title="Exercises" name="Exercises">
      <ProblemNote problem={problem} />
      {data === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : data.length === 0 ? (
        <Empty>There is no exercise.</Empty>
      ) : (
        <>
          <p class="lead">
            {solved} of {plural(data.length, 'exercise')} solved
          </p>
          <progress value={solved} max={data.length} aria-label="Exercises solved" />
          <ol class="exercises">
            {data.map(({ id, title, state }) => (
              <li key={id} class={`card ${state}`}>
                <a href={to('exercises', id)}>{title}</a>{' '}
                <Badge state={state === 'open' ? 'idle' : state} label={state} />
              </li>
            ))}
          </ol>
        </>
      )}
    </View>
  );
}

/** One exercise: its text, its checks, its hints. */
export function ExerciseView({ id }: { readonly id: string }) {
  const path = `/api/exercises/${encodeURIComponent(id)}`;
  const { data, problem } = useDocument<ExerciseText>(path, topics);
  const { data: all } = useDocument<ExerciseEntry[]>('/api/exercises', topics);
  const state = all?.find((entry) => entry.id === id)?.state ?? 'open';
  const next = all?.[all.findIndex((entry) => entry.id === id) + 1];
  const start = useAction(() => post(`${path}/start`));
  return (
    <View
      title={data?.title ?? id}
      name={`Exercise ${data?.title ?? id}`}
      crumbs={[{ label: 'Exercises', href: '#/exercises' }]}
      actions={
        <ActionButton action={start} kind={state === 'open' ? 'primary' : 'quiet'}>
          {state === 'open' ? 'Start' : 'Start again'}
        </ActionButton>
      }
    >
      <ProblemNote problem={problem ?? start.problem} />
      {data === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <div class="columns">
          <article class="card">
            <Markdown text={data.markdown} />
          </article>
          <aside class="side">
            <Checks path={path} isStarted={state !== 'open'} />
            <Hints path={path} text={data} />
            {next === undefined ? null : (
              <p>
                Next: <a href={to('exercises', next.id)}>{next.title}</a>
              </p>
            )}
          </aside>
        </div>
      )}
    </View>
  );
}

function Checks({ path, isStarted }: { readonly path: string; readonly isStarted: boolean }) {
  const [result, setResult] = useState<ExerciseResult>();
  const check = useAction(async () => {
    setResult(await post<ExerciseResult>(`${path}/check`));
  });
  return (
    <section class="card" aria-labelledby="checks">
      <h2 id="checks">Did you get it?</h2>
      <ActionButton action={check} kind={isStarted ? 'primary' : undefined}>
        Check
      </ActionButton>
      <ProblemNote problem={check.problem} />
      <div role="status">
        {result === undefined ? null : (
          <p class={result.solved ? 'verdict good' : 'verdict'}>{result.solved ? 'Solved' : 'Not yet'}</p>
        )}
        <ul class="checks">
          {result?.checks.map(({ title, passed, seen, expected }) => (
            <li key={title} class={passed ? 'passed' : 'failed'}>
              <span class="visually-hidden">{passed ? 'passed: ' : 'failed: '}</span>
              <b>{title}</b>
              {passed ? null : (
                <dl>
                  <dt>seen</dt>
                  <dd>{seen}</dd>
                  <dt>expected</dt>
                  <dd>{expected}</dd>
                </dl>
              )}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Hints({ path, text }: { readonly path: string; readonly text: ExerciseText }) {
  const [hints, setHints] = useState<readonly ExerciseHint[]>([]);
  const hint = useAction(async () => {
    const next = await post<ExerciseHint>(`${path}/hint`);
    setHints((before) => [...before.filter(({ number }) => number !== next.number), next]);
  });
  const last = hints.at(-1);
  const left = text.hints - (last?.number ?? text.hintsShown);
  if (text.hints === 0) return null;
  return (
    <section class="card" aria-labelledby="hints">
      <h2 id="hints">Hints</h2>
      <ol class="hints" aria-live="polite">
        {hints.map(({ number, text: words }) => (
          <li key={number} value={number}>
            <Markdown text={words} />
          </li>
        ))}
      </ol>
      <ActionButton action={hint}>
        {left > 0 ? `Show a hint (${left} left)` : 'Show the last hint again'}
      </ActionButton>
      <ProblemNote problem={hint.problem} />
    </section>
  );
}

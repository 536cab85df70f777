import type { Journey, Stop } from '../../model/loop.ts';
import { Ago, Badge } from '../components/basics.tsx';
import { clock, formatDuration, short } from '../format.ts';
import { to } from '../router.ts';

const words: Readonly<Record<Stop['state'], string>> = {
  pending: 'not yet',
  active: 'under way',
  waiting: 'waits',
  done: 'done',
  failed: 'failed',
  passed: 'overtaken',
};

const states: Readonly<Record<Journey['state'], string>> = {
  travelling: 'travelling',
  waiting: 'waits for review',
  failed: 'failed',
  arrived: 'arrived',
};

/** The commits and how far each has come, like the board of a station. */
export function Board({ journeys }: { readonly journeys: readonly Journey[] }) {
  if (journeys.length === 0) return <p class="empty">No commit has travelled yet.</p>;
  return (
    <ol class="board">
      {journeys.map((journey) => (
        <Line key={journey.revision} journey={journey} />
      ))}
    </ol>
  );
}

function Line({ journey }: { readonly journey: Journey }) {
  const { revision, subject, author, branch, state, stops } = journey;
  const begun = stops[0]?.at;
  return (
    <li class={`line ${state}`} data-revision={revision}>
      <div class="line-head">
        <a class="line-title" href={to('trace', revision)}>
          <code>{short(revision)}</code> <span>{subject}</span>
        </a>
        <span class="line-meta">
          <Badge state={state} label={states[state]} /> {author}
          {branch === 'main' ? null : (
            <>
              {' '}
              on <code>{branch}</code>
            </>
          )}
          , <Ago time={begun} />
        </span>
      </div>
      <ol class="stops">
        {stops.map((stop, index) => (
          <StopMark key={stop.id} stop={stop} begun={begun} isCurrent={index === journey.at} />
        ))}
      </ol>
    </li>
  );
}

function StopMark({ stop, begun, isCurrent }: { stop: Stop; begun: string | undefined; isCurrent: boolean }) {
  const { title, label, state, at, took, detail, link, station } = stop;
  const text = (
    <>
      <span class="stop-title" aria-hidden="true">
        {label}
      </span>
      <span class="visually-hidden">
        {title}: {words[state]}
      </span>
      <span class="stop-time">{timeOf(stop, begun)}</span>
    </>
  );
  const hint = [
    `${title}: ${words[state]}`,
    at === undefined ? '' : `at ${clock(at)}`,
    took === undefined ? '' : `took ${formatDuration(took)}`,
    detail ?? '',
  ]
    .filter((part) => part !== '')
    .join(', ');
  return (
    <li
      class={`stop ${state}`}
      data-station={station}
      data-stop={stop.id}
      title={hint}
      {...(isCurrent ? { 'aria-current': 'step' as const } : {})}
    >
      <span class="stop-dot" aria-hidden="true" />
      {link === undefined ? (
        <span class="stop-text">{text}</span>
      ) : (
        <a class="stop-text" href={`#${link}`}>
          {text}
        </a>
      )}
    </li>
  );
}

/** How long after the push; and what is going on, where something is. */
function timeOf({ at, detail, state }: Stop, begun: string | undefined): string {
  if (state === 'active' || state === 'waiting' || state === 'failed') return detail ?? words[state];
  if (state === 'pending') return '';
  if (state === 'passed') return words.passed;
  if (at === undefined || begun === undefined) return words.done;
  const after = Date.parse(at) - Date.parse(begun);
  return after <= 0 ? clock(at) : `+${formatDuration(after)}`;
}

import type { Trace } from '../../../flow/trace.ts';
import { Ago, Badge, ProblemNote, Sha, View, Waiting } from '../components/basics.tsx';
import { useDocument } from '../documents.ts';
import { formatDuration, short } from '../format.ts';
import { loop } from '../live.ts';
import { to } from '../router.ts';
import { stationIds, stationNames, type StationId } from '../../model/stations.ts';

type Step = Trace['steps'][number];

/** The station at which a step of the trace happens. */
function stationOf({ id }: Step): StationId {
  if (id === 'push') return 'git';
  if (id === 'webhook' || id.startsWith('build')) return id === 'build/Image' ? 'registry' : 'ci';
  if (id.endsWith('/commit') || id === 'pull-request' || id === 'merge') return 'gitops';
  return id.endsWith('/sync') ? 'operator' : 'cluster';
}

/** The way of one commit as a time line: every step with when it began and how long it took. */
export function TraceView({ commit }: { readonly commit: string | undefined }) {
  const path = commit === undefined ? '/api/trace' : `/api/trace/${encodeURIComponent(commit)}`;
  const { data, problem } = useDocument<Trace>(path, ['git', 'builds', 'applications', 'cluster']);
  const others = loop.value?.journeys ?? [];
  return (
    <View
      title={data === undefined ? 'Trace' : data.subject}
      name={`Trace ${commit ?? 'of the newest commit'}`}
    >
      <ProblemNote problem={problem} />
      {data === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <p>
            Commit <Sha id={data.revision} />, <Ago time={data.steps[0]?.at} />
          </p>
          <TimeLine steps={data.steps} />
          <ul class="legend" aria-label="Stations">
            {stationIds.slice(1).map((id) => (
              <li key={id} data-station={id}>
                {stationNames[id].title}
              </li>
            ))}
          </ul>
        </>
      )}
      {others.length === 0 ? null : (
        <>
          <h2>Other commits</h2>
          <ul class="others">
            {others.map(({ revision, subject }) => (
              <li key={revision}>
                <a href={to('trace', revision)}>
                  <code>{short(revision)}</code> {subject}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </View>
  );
}

/** Waiting for a person can take days; in the drawing such a pause is as long as the rest together at most. */
function scaleOf(times: readonly number[]): (time: number) => number {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? time));
  const typical = Math.max(1, ...gaps.filter((gap) => gap < 20_000));
  const widths = gaps.map((gap) => Math.min(gap, typical * 1.5));
  const total = Math.max(
    1,
    widths.reduce((sum, width) => sum + width, 0),
  );
  const places = new Map<number, number>();
  let place = 0;
  sorted.forEach((time, index) => {
    places.set(time, place / total);
    place += widths[index] ?? 0;
  });
  return (time) => places.get(time) ?? 0;
}

function TimeLine({ steps }: { readonly steps: readonly Step[] }) {
  const times = steps.flatMap(({ at, duration }) => {
    if (at === undefined) return [];
    const from = Date.parse(at);
    return [from, from + (duration ?? 0)];
  });
  const place = scaleOf(times);
  const first = Math.min(...times);
  return (
    <ol class="time-line card">
      {steps.map((step) => {
        const { id, title, state, at, duration, detail } = step;
        const from = at === undefined ? undefined : Date.parse(at);
        const left = from === undefined ? 0 : place(from) * 100;
        const width = from === undefined ? 0 : (place(from + (duration ?? 0)) - place(from)) * 100;
        return (
          <li key={id} class={state} data-station={stationOf(step)}>
            <span class={title.startsWith(' ') ? 'step-title inner' : 'step-title'}>{title.trim()}</span>
            <span class="step-bar" aria-hidden="true">
              {from === undefined ? null : <i style={{ left: `${left}%`, width: `${width}%` }} />}
            </span>
            <span class="step-time">
              {from === undefined ? (
                <Badge
                  state={state === 'missing' ? 'idle' : state}
                  label={state === 'missing' ? 'not yet' : state}
                />
              ) : (
                `+${formatDuration(from - first)}`
              )}
              {duration === undefined ? '' : `, took ${formatDuration(duration)}`}
            </span>
            <span class="step-detail dim">
              {detail?.startsWith('http') === true ? (
                <a href={detail} target="_blank" rel="noreferrer">
                  {detail.replace('http://', '')}
                </a>
              ) : (
                (detail ?? '')
              )}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

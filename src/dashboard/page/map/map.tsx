import { useEffect, useState } from 'preact/hooks';
import type { Journey, LoopView, StageView, StationView } from '../../model/loop.ts';
import { stationNames, type StationId } from '../../model/stations.ts';
import { short } from '../format.ts';
import { StationIcon } from './icons.tsx';
import { tall, wide, type Layout } from './layout.ts';
import { useTravel } from './travel.ts';

const narrow = matchMedia('(max-width: 44rem)');

/** Commits that stand on the map at once; the board below has all of them. */
const TOKENS = 5;

/** The loop as a map: stations, the tracks between them, and the commits on their way. */
export function LoopMap({ loop }: { readonly loop: LoopView }) {
  const layout = useLayout();
  const { width, height } = layout;
  const shown = onTheWay(loop.journeys);
  const busy = new Set(loop.stations.filter(({ state }) => state === 'busy').map(({ id }) => id));
  return (
    <div class={`map ${layout === tall ? 'tall' : 'wide'}`} role="group" aria-label="Map of the loop">
      <svg class="tracks" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        <marker
          id="head"
          viewBox="0 0 10 10"
          refX="8"
          refY="5"
          markerWidth="14"
          markerHeight="14"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M1 1 8 5 1 9" />
        </marker>
        {layout.tracks.map(({ from, to, path, label, labelAt, isTie }) => (
          <g key={`${from}-${to}`} class={`track ${isTie === true ? 'tie' : ''}`} data-station={to}>
            <path class="rail" d={path} />
            {isTie === true ? null : <path class={busy.has(to) ? 'flow busy' : 'flow'} d={path} />}
            {label === '' ? null : (
              <text
                x={labelAt[0]}
                y={labelAt[1]}
                text-anchor={isVertical(from, to, layout) ? 'start' : 'middle'}
              >
                {label}
              </text>
            )}
          </g>
        ))}
      </svg>
      <ol class="stations">
        {loop.stations.map((station) => (
          <Station key={station.id} layout={layout} station={station} stages={loop.stages} />
        ))}
      </ol>
      <svg class="tokens" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {shown.map((journey) => (
          <Token key={journey.revision} layout={layout} journey={journey} shown={shown} />
        ))}
      </svg>
    </div>
  );
}

function useLayout(): Layout {
  const [layout, setLayout] = useState(narrow.matches ? tall : wide);
  useEffect(() => {
    const change = () => {
      setLayout(narrow.matches ? tall : wide);
    };
    narrow.addEventListener('change', change);
    return () => {
      narrow.removeEventListener('change', change);
    };
  }, []);
  return layout;
}

/** Labels beside a track that goes down stand to its right. */
function isVertical(from: StationId, to: StationId, { boxes }: Layout): boolean {
  return to === 'cluster' || boxes[from].x === boxes[to].x;
}

/** What is under way, and the newest commit in any case. */
function onTheWay(journeys: readonly Journey[]): readonly Journey[] {
  return journeys
    .filter(({ state }, index) => index === 0 || state === 'travelling' || state === 'waiting')
    .slice(0, TOKENS);
}

function placeOf({ stops, at }: Journey): StationId {
  return stops[at]?.station ?? 'git';
}

function Station({
  layout,
  station,
  stages,
}: {
  readonly layout: Layout;
  readonly station: StationView;
  readonly stages: readonly StageView[];
}) {
  const { id, state, line } = station;
  const { x, y, width, height } = layout.boxes[id];
  const { title } = stationNames[id];
  const style = {
    left: `${((x - width / 2) / layout.width) * 100}%`,
    top: `${((y - height / 2) / layout.height) * 100}%`,
    width: `${(width / layout.width) * 100}%`,
    height: `${(height / layout.height) * 100}%`,
  };
  return (
    <li class={`station ${state}`} data-station={id} style={style}>
      <a href={`#/${id}`}>
        <span class="station-head">
          <StationIcon id={id} />
          <b>{title}</b>
        </span>
        <span class="station-line">{line}</span>
        {state === 'busy' ? <span class="visually-hidden">, busy</span> : null}
        {id !== 'cluster' ? null : (
          <span class="station-stages">
            {stages.map(({ stage, revision, ready, wanted }) => (
              <span key={stage} class={ready === wanted ? 'stage-pill' : 'stage-pill moving'}>
                {stage} <code>{short(revision)}</code>
              </span>
            ))}
          </span>
        )}
      </a>
    </li>
  );
}

interface TokenProps {
  readonly layout: Layout;
  readonly journey: Journey;
  readonly shown: readonly Journey[];
}

/** A commit on the map, with the beginning of its id. */
function Token({ layout, journey, shown }: TokenProps) {
  const station = placeOf(journey);
  const { x, y, width, height } = layout.boxes[station];
  const size = layout === tall ? { width: 70, height: 22 } : { width: 88, height: 28 };
  // Those that stand at the same station queue along its lower edge, the newest first.
  const queue = shown.filter((other) => placeOf(other) === station).indexOf(journey);
  const dock = { x: x + width / 2 - size.width / 2 - 6 - queue * (size.width + 4), y: y + height / 2 };
  const at = useTravel(layout, station, dock);
  return (
    <g
      class={`token ${journey.state} ${at.isMoving ? 'moving' : ''}`}
      data-revision={journey.revision}
      data-station={station}
      transform={`translate(${at.x} ${at.y})`}
    >
      <rect
        x={-size.width / 2}
        y={-size.height / 2}
        width={size.width}
        height={size.height}
        rx={size.height / 2}
      />
      <circle cx={-size.width / 2 + size.height / 2} r={size.height / 5} />
      <text x={size.height / 3} y={size.height / 6}>
        {short(journey.revision)}
      </text>
    </g>
  );
}

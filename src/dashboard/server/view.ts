import type { LoopView, StageView, StationView } from '../model/loop.ts';
import { stationIds, type StationId } from '../model/stations.ts';
import { shortRevision } from '../../lib/ids.ts';
import { busyStation, journeysOf } from './journeys.ts';
import type { Facts } from './reduce.ts';

/** All that the map shows, from all that is known. */
export function viewOf(facts: Facts, application: string): LoopView {
  const journeys = journeysOf(facts, application);
  const busy = new Set(journeys.map(busyStation));
  const [newest] = journeys;
  const failed = newest?.state === 'failed' ? newest.stops[newest.at]?.station : undefined;
  const station = (id: StationId): StationView => {
    const down = id === 'gitops' ? facts.down.git : id === 'developer' ? undefined : facts.down[id];
    if (down !== undefined) return { id, state: 'down', line: 'does not answer' };
    const state = failed === id ? 'attention' : busy.has(id) ? 'busy' : 'quiet';
    return { id, state, line: lines[id](facts) };
  };
  return { stations: stationIds.map(station), journeys, stages: stagesOf(facts) };
}

/** What a station has to say for itself. */
const lines: Readonly<Record<StationId, (facts: Facts) => string>> = {
  developer: ({ commits }) => commits[0]?.subject ?? 'no commit yet',
  git: ({ commits }) =>
    commits[0] === undefined ? 'empty' : `${commits[0].branch} is at ${shortRevision(commits[0].revision)}`,
  ci: ({ builds }) => {
    const newest = [...builds.values()].sort((a, b) => b.started - a.started)[0];
    if (newest === undefined) return 'no build yet';
    const stage = newest.stages.findLast(({ status }) => status === 'IN_PROGRESS');
    return newest.building
      ? `build ${newest.number}: ${stage?.name ?? 'starting'}`
      : `build ${newest.number}: ${(newest.result ?? 'unknown').toLowerCase()}`;
  },
  registry: ({ images }) => plural(images.size, 'image'),
  gitops: ({ pulls }) => {
    const open = [...pulls.values()].filter(({ state }) => state === 'open');
    return open.length === 0 ? 'nothing waits' : `${plural(open.length, 'pull request')} to review`;
  },
  operator: ({ applications }) => {
    const all = [...applications.values()];
    const late = all.filter(({ sync }) => sync !== 'Synced');
    if (all.length === 0) return 'no application';
    return late.length === 0
      ? `${plural(all.length, 'application')} synced`
      : `${late.length} of ${all.length} out of sync`;
  },
  cluster: ({ pods }) => `${pods.ready} of ${plural(pods.all, 'pod')} ready`,
};

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function stagesOf({ applications, running }: Facts): StageView[] {
  return [...applications.values()]
    .filter(({ stage }) => running.has(stage))
    .map(({ name, stage, sync, health }) => {
      const { revision = '', image = '', ready = 0, wanted = 0 } = running.get(stage) ?? {};
      return { stage, application: name, revision, image, sync, health, ready, wanted };
    })
    .sort((a, b) => b.stage.localeCompare(a.stage));
}

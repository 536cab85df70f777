import { useEffect } from 'preact/hooks';
import type { Overview } from '../../model/documents.ts';
import type { StageView } from '../../model/loop.ts';
import { Badge, Outside, Sha, Waiting } from '../components/basics.tsx';
import { useDocument } from '../documents.ts';
import { loop } from '../live.ts';
import { Board } from '../map/board.tsx';
import { LoopMap } from '../map/map.tsx';
import { to } from '../router.ts';
import { presentation } from '../settings.ts';

interface Status {
  readonly phase: string;
  readonly applications: readonly {
    readonly stage: string;
    readonly url: string;
    readonly hostUrl?: string;
  }[];
  readonly problems: readonly { readonly what: string; readonly seen: string }[];
}

/** The first page: the map, what runs, and every commit on its way. */
export function LoopPage({ overview }: { readonly overview: Overview }) {
  const { data: status } = useDocument<Status>('/api/status', ['applications', 'cluster']);
  const seen = loop.value;
  // A rollout is no trouble while the commit that it is for is on its way.
  const isBusy = seen?.stations.some(({ state }) => state === 'busy') === true;
  const applications = new Set(seen?.stages.map(({ application }) => application));
  const problems = (status?.problems ?? []).filter(({ what }) => !isBusy || !applications.has(what));
  const isOnlyBusy = isBusy && status?.phase === 'degraded' && problems.length === 0;
  useEffect(() => {
    document.title = `${overview.name} - gitops-playground`;
  }, [overview.name]);
  return (
    <div class="loop-page">
      <header class="loop-head">
        <h1>
          From a commit to the cluster
          {status === undefined ? null : (
            <> {isOnlyBusy ? <Badge state="running" label="under way" /> : <Badge state={status.phase} />}</>
          )}
        </h1>
        <p class="dim">
          You push. The CI server builds and proposes. The operator pulls what Git says. Nothing outside the
          cluster holds its credentials.
        </p>
      </header>
      {seen === undefined ? <Waiting /> : <LoopMap loop={seen} />}
      {problems.map(({ what, seen: text }) => (
        <p key={what} class="note bad">
          <strong>{what}</strong>: {text}
        </p>
      ))}
      <div class="below">
        <section aria-labelledby="journeys">
          <h2 id="journeys">Commits on their way</h2>
          {seen === undefined ? null : (
            <Board journeys={presentation.value ? seen.journeys.slice(0, 1) : seen.journeys} />
          )}
        </section>
        <section class="stages" aria-labelledby="stages">
          <h2 id="stages">What runs</h2>
          {seen?.stages.map((stage) => (
            <StageCard key={stage.stage} stage={stage} status={status} />
          ))}
        </section>
      </div>
    </div>
  );
}

function StageCard({ stage, status }: { readonly stage: StageView; readonly status: Status | undefined }) {
  const { revision, sync, health, ready, wanted, application } = stage;
  const place = status?.applications.find((candidate) => candidate.stage === stage.stage);
  return (
    <article class="card stage-card" data-station="cluster">
      <h3>
        <a href={to('operator', application)}>{stage.stage}</a>
      </h3>
      <p>
        <Badge state={sync} /> <Badge state={health} />
      </p>
      <dl>
        <dt>Revision</dt>
        <dd>
          <Sha id={revision} href={to('trace', revision)} />
        </dd>
        <dt>Pods</dt>
        <dd>
          {ready} of {wanted} ready
        </dd>
        {place === undefined || place.url === '' ? null : (
          <>
            <dt>Page</dt>
            <dd>
              <Outside href={place.hostUrl ?? place.url}>
                {(place.hostUrl ?? place.url).replace('http://', '')}
              </Outside>
            </dd>
          </>
        )}
      </dl>
    </article>
  );
}

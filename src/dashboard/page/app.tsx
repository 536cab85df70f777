import type { ComponentChild } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Overview } from '../model/documents.ts';
import { stationNames } from '../model/stations.ts';
import { key } from './api.ts';
import { Empty, View, Waiting } from './components/basics.tsx';
import { useDocument } from './documents.ts';
import { connection, listen, loop } from './live.ts';
import { LoginView } from './views/login.tsx';
import { short } from './format.ts';
import { route } from './router.ts';
import { nextTheme, presentation, theme } from './settings.ts';
import { ApplicationView, ApplicationsView } from './views/applications.tsx';
import { BuildView, BuildsView } from './views/builds.tsx';
import { ClusterView, ObjectView, PodView } from './views/cluster.tsx';
import { DeveloperView } from './views/developer.tsx';
import { ExerciseView, ExercisesView } from './views/exercises.tsx';
import { ImageView, ImagesView } from './views/images.tsx';
import { LoopPage } from './views/loop.tsx';
import { RepositoriesView } from './views/repositories.tsx';
import { RepositoryView } from './views/repository.tsx';
import { TraceView } from './views/trace.tsx';

export interface Place {
  readonly overview: Overview;
  /** The parts of the address that follow the name of the view. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

/** Every view by the first part of its address. */
const views: Readonly<Record<string, (place: Place) => ComponentChild>> = {
  developer: ({ overview }) => <DeveloperView overview={overview} />,
  git: (place) => (place.parts.length === 0 ? <RepositoriesView /> : <RepositoryView place={place} />),
  gitops: (place) => <RepositoryView place={{ ...place, parts: ['gitops', ...place.parts] }} />,
  ci: ({ parts: [branch, number], overview }) =>
    branch === undefined || number === undefined ? (
      <BuildsView overview={overview} />
    ) : (
      <BuildView branch={branch} number={number} overview={overview} />
    ),
  registry: ({ parts: [reference], query, overview }) =>
    reference === undefined ? (
      <ImagesView overview={overview} />
    ) : (
      <ImageView repository={query.get('repository') ?? ''} reference={reference} overview={overview} />
    ),
  operator: ({ parts: [name], overview }) =>
    name === undefined ? <ApplicationsView overview={overview} /> : <ApplicationView name={name} />,
  cluster: ({ parts: [what, ...rest] }) => {
    const [first = '', second = '', third = '', fourth = ''] = rest;
    if (what === 'pods') return <PodView namespace={first} name={second} />;
    if (what === 'objects')
      return <ObjectView apiVersion={first} kind={second} namespace={third} name={fourth} />;
    return <ClusterView />;
  },
  trace: ({ parts: [commit] }) => <TraceView commit={commit} />,
  exercises: ({ parts: [id] }) => (id === undefined ? <ExercisesView /> : <ExerciseView id={id} />),
};

const links = [
  ['', 'Loop'],
  ['git', 'Git'],
  ['ci', 'Builds'],
  ['registry', 'Images'],
  ['operator', 'Applications'],
  ['cluster', 'Cluster'],
  ['trace', 'Trace'],
] as const;

export function App() {
  return key.value === '' ? <LoginView /> : <Shell />;
}

/** Milliseconds until the playground is asked again, while it does not answer. */
const ASK_AGAIN = 1500;

function Shell() {
  const [tries, setTries] = useState(0);
  const { data: overview, problem } = useDocument<Overview>(`/api/overview?try=${tries}`, []);
  useEffect(() => void listen(), []);
  const isLost = overview === undefined && problem !== undefined;
  useEffect(() => {
    if (!isLost) return undefined;
    const timer = setTimeout(() => {
      setTries(tries + 1);
    }, ASK_AGAIN);
    return () => {
      clearTimeout(timer);
    };
  }, [isLost, tries]);
  if (overview === undefined) return tries > 0 || isLost ? <Lost /> : <Waiting />;
  const { parts, query } = route.value;
  const [name = '', ...rest] = parts;
  const view = views[name];
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <Header overview={overview} current={name} />
      <main id="main" tabIndex={-1}>
        {name === '' ? (
          <LoopPage overview={overview} />
        ) : view === undefined ? (
          <View title="Nothing here" name="Nothing here">
            <Empty>
              There is no such page. <a href="#/">Back to the loop</a>
            </Empty>
          </View>
        ) : (
          view({ overview, parts: rest, query })
        )}
      </main>
      <Announcer />
    </>
  );
}

/** The address of the page is its view, so the link that skips must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** Until the playground answers; then the page is there by itself. */
function Lost() {
  return (
    <main class="login">
      <div class="note bad" role="alert">
        <p>The playground does not answer.</p>
        <p class="dim">
          Start it: <code>gitops-playground up</code>. This page waits for it.
        </p>
      </div>
    </main>
  );
}

function Header({ overview, current }: { readonly overview: Overview; readonly current: string }) {
  const shown = overview.hasExercises ? [...links, ['exercises', 'Exercises'] as const] : links;
  const selected = current === 'gitops' ? 'git' : current;
  return (
    <header class="top">
      <a class="brand" href="#/">
        <span class="brand-ring" aria-hidden="true" />
        <span>{overview.name === 'default' ? 'gitops-playground' : overview.name}</span>
      </a>
      <nav aria-label="Main">
        {shown.map(([name, label]) => (
          <a
            key={name}
            href={`#/${name}`}
            {...(name === selected ? { 'aria-current': 'page' as const } : {})}
          >
            {label}
          </a>
        ))}
      </nav>
      <div class="top-end">
        <Connection />
        <button type="button" class="quiet" onClick={nextTheme} aria-label={`Colours: ${theme.value}`}>
          {{ auto: 'Auto', light: 'Light', dark: 'Dark' }[theme.value]}
        </button>
        <button
          type="button"
          class="quiet"
          aria-pressed={presentation.value}
          title="Large type for a room (key p)"
          onClick={() => {
            presentation.value = !presentation.value;
          }}
        >
          Present
        </button>
      </div>
    </header>
  );
}

const connections = { connecting: 'connecting', live: 'live', lost: 'reconnecting' } as const;

function Connection() {
  const state = connection.value;
  return (
    <span class={`connection ${state}`} role="status">
      {connections[state]}
    </span>
  );
}

/** Tells screen readers how the newest commit gets on. */
function Announcer() {
  const [newest] = loop.value?.journeys ?? [];
  const stop = newest?.stops[newest.at];
  const text =
    newest === undefined || stop === undefined
      ? ''
      : `${short(newest.revision)}: ${stationNames[stop.station].title}, ${stop.title}`;
  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}

import { useState } from 'preact/hooks';
import type {
  ClusterDocument,
  EventDocument,
  ObjectDetails,
  ObjectDocument,
  PodDetails,
  PodDocument,
} from '../../model/documents.ts';
import { Ago, Badge, ProblemNote, View, Waiting } from '../components/basics.tsx';
import { Log } from '../components/log.tsx';
import { Table } from '../components/table.tsx';
import { useDocument } from '../documents.ts';
import { to } from '../router.ts';

function textOf({ kind, namespace, name }: ObjectDocument): string {
  return `${kind} ${namespace} ${name}`;
}

function hrefOf({ apiVersion, kind, namespace, name }: ObjectDocument): string {
  return to('cluster', 'objects', apiVersion, kind, namespace, name);
}

/** Workloads, pods, the rest, and what has happened to them. */
export function ClusterView() {
  const { data, problem } = useDocument<ClusterDocument>('/api/cluster', ['cluster']);
  const [namespace, setNamespace] = useState('');
  const namespaces = [
    ...new Set(
      [...(data?.pods ?? []), ...(data?.others ?? []), ...(data?.workloads ?? [])].map(
        (each) => each.namespace,
      ),
    ),
  ].sort();
  const here = <T extends { readonly namespace: string }>(items: readonly T[]) =>
    items.filter((item) => namespace === '' || item.namespace === namespace);
  return (
    <View
      title="Cluster"
      name="Cluster"
      station="cluster"
      actions={
        <label class="choice">
          Namespace
          <select
            value={namespace}
            onChange={({ currentTarget }) => {
              setNamespace(currentTarget.value);
            }}
          >
            <option value="">all</option>
            {namespaces.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      }
    >
      <ProblemNote problem={problem} />
      {data === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <h2>Workloads</h2>
          <Table
            label="Workloads"
            noun="workload"
            items={here(data.workloads)}
            keyOf={textOf}
            textOf={(item) => `${textOf(item)} ${item.images.join(' ')}`}
            empty="Nothing is deployed."
            columns={[
              { title: 'Kind', narrow: true, cell: ({ kind }) => <span class="kind">{kind}</span> },
              { title: 'Name', narrow: true, cell: (item) => <a href={hrefOf(item)}>{item.name}</a> },
              { title: 'Namespace', narrow: true, cell: (item) => item.namespace },
              {
                title: 'Ready',
                narrow: true,
                cell: ({ ready, wanted }) => (
                  <Badge state={ready >= wanted ? 'ready' : 'progressing'} label={`${ready}/${wanted}`} />
                ),
              },
              { title: 'Image', cell: ({ images }) => <code class="long">{images.join(', ')}</code> },
              { title: 'Age', narrow: true, cell: ({ createdAt }) => <Ago time={createdAt} /> },
            ]}
          />
          <h2>Pods</h2>
          <PodTable pods={here(data.pods)} />
          <h2>Events</h2>
          <EventTable
            events={data.events.filter(({ about }) => namespace === '' || about.namespace === namespace)}
          />
          <h2>Services, Ingresses, ConfigMaps</h2>
          <Table
            label="Services, Ingresses and ConfigMaps"
            noun="object"
            items={here(data.others)}
            keyOf={textOf}
            textOf={textOf}
            empty="There is none."
            columns={[
              { title: 'Kind', narrow: true, cell: ({ kind }) => <span class="kind">{kind}</span> },
              { title: 'Name', cell: (item) => <a href={hrefOf(item)}>{item.name}</a> },
              { title: 'Namespace', narrow: true, cell: (item) => item.namespace },
              { title: 'Age', narrow: true, cell: ({ createdAt }) => <Ago time={createdAt} /> },
            ]}
          />
        </>
      )}
    </View>
  );
}

/** A pod that runs is well; a build that runs is busy. */
function PodState({ state }: { readonly state: string }) {
  return <Badge state={state === 'Running' ? 'ready' : state} label={state} />;
}

function PodTable({ pods }: { readonly pods: readonly PodDocument[] }) {
  return (
    <Table
      label="Pods"
      noun="pod"
      items={pods}
      keyOf={textOf}
      textOf={(pod) => `${textOf(pod)} ${pod.state} ${pod.node}`}
      empty="No pod runs."
      columns={[
        {
          title: 'Name',
          cell: ({ namespace, name }) => <a href={to('cluster', 'pods', namespace, name)}>{name}</a>,
        },
        { title: 'Namespace', narrow: true, cell: ({ namespace }) => namespace },
        { title: 'State', narrow: true, cell: ({ state }) => <PodState state={state} /> },
        { title: 'Ready', narrow: true, cell: ({ ready, wanted }) => `${ready}/${wanted}` },
        { title: 'Restarts', narrow: true, cell: ({ restarts }) => restarts },
        { title: 'Age', narrow: true, cell: ({ createdAt }) => <Ago time={createdAt} /> },
      ]}
    />
  );
}

function EventTable({ events }: { readonly events: readonly EventDocument[] }) {
  return (
    <Table
      label="Events"
      noun="event"
      items={events}
      keyOf={({ at, about, reason, message }) =>
        `${at} ${about.namespace} ${about.name} ${reason} ${message}`
      }
      textOf={({ type, reason, message, about }) =>
        `${type} ${reason} ${message} ${about.kind} ${about.name}`
      }
      empty="Nothing has happened lately."
      page={15}
      columns={[
        { title: 'When', narrow: true, cell: ({ at }) => <Ago time={at} /> },
        {
          title: 'Reason',
          narrow: true,
          cell: ({ type, reason }) => <Badge state={type === 'Normal' ? 'idle' : 'warning'} label={reason} />,
        },
        {
          title: 'About',
          narrow: true,
          cell: ({ about }) => (
            <>
              <span class="kind">{about.kind}</span> {about.name}
            </>
          ),
        },
        {
          title: 'Message',
          cell: ({ message, count }) => (count > 1 ? `${message} (${count} times)` : message),
        },
      ]}
    />
  );
}

/** One pod: how it is, its log as it grows, what has happened to it, and all that it is. */
export function PodView({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const path = `/api/cluster/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  const { data, problem } = useDocument<PodDetails>(path, ['cluster']);
  const [chosen, setChosen] = useState<string>();
  const [previous, setPrevious] = useState(false);
  const pod = data?.pod;
  const container = chosen ?? pod?.containers[0]?.name ?? '';
  const query = new URLSearchParams({ container, ...(previous ? { previous: 'true' } : {}) });
  return (
    <View
      title={name}
      name={`Pod ${name}`}
      station="cluster"
      crumbs={[
        { label: 'Cluster', href: '#/cluster' },
        { label: namespace, href: '#/cluster' },
      ]}
    >
      <ProblemNote problem={problem} />
      {data === undefined || pod === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <p>
            <PodState state={pod.state} /> {pod.ready} of {pod.wanted} containers ready, {pod.restarts}{' '}
            restarts, on {pod.node === '' ? 'no node' : pod.node}, <Ago time={pod.createdAt} />
          </p>
          {pod.message === undefined ? null : <p class="note bad">{pod.message}</p>}
          <div class="bar">
            <h2>Log</h2>
            <label class="choice">
              Container
              <select
                value={container}
                onChange={({ currentTarget }) => {
                  setChosen(currentTarget.value);
                }}
              >
                {pod.containers.map((each) => (
                  <option key={each.name}>{each.name}</option>
                ))}
              </select>
            </label>
            <label class="check-box">
              <input
                type="checkbox"
                checked={previous}
                onChange={({ currentTarget }) => {
                  setPrevious(currentTarget.checked);
                }}
              />{' '}
              before its last restart
            </label>
          </div>
          <Log
            path={`${path}/log?${query.toString()}`}
            label={`Log of ${container}`}
            again={`${pod.state} ${pod.restarts}`}
          />
          <h2>Events</h2>
          <EventTable events={data.events} />
          <details class="card">
            <summary>The whole object as YAML</summary>
            <pre tabIndex={0} role="region" aria-label="YAML">
              {data.yaml}
            </pre>
          </details>
        </>
      )}
    </View>
  );
}

interface ObjectProps {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Any other object, as it is in the cluster. */
export function ObjectView({ apiVersion, kind, namespace, name }: ObjectProps) {
  const query = new URLSearchParams({ apiVersion, kind, namespace, name });
  const { data, problem } = useDocument<ObjectDetails>(`/api/cluster/object?${query.toString()}`, [
    'cluster',
  ]);
  return (
    <View
      title={
        <>
          {name} <span class="kind">{kind}</span>
        </>
      }
      name={`${kind} ${name}`}
      station="cluster"
      crumbs={[
        { label: 'Cluster', href: '#/cluster' },
        { label: namespace, href: '#/cluster' },
      ]}
    >
      <ProblemNote problem={problem} />
      {data === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <pre class="card" tabIndex={0} role="region" aria-label={`${kind} ${name} as YAML`}>
            {data.yaml}
          </pre>
          <h2>Events</h2>
          <EventTable events={data.events} />
        </>
      )}
    </View>
  );
}

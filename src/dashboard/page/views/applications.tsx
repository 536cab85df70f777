import { useState } from 'preact/hooks';
import type { Application } from '../../../clients/argocd-types.ts';
import type { ApplicationDocument, Overview } from '../../model/documents.ts';
import { post } from '../api.ts';
import {
  ActionButton,
  Ago,
  Badge,
  Empty,
  Outside,
  ProblemNote,
  Sha,
  View,
  Waiting,
} from '../components/basics.tsx';
import { LineDiff } from '../components/diff.tsx';
import { useAction, useDocument } from '../documents.ts';
import { to } from '../router.ts';
import { ResourceTree } from './resource-tree.tsx';

/** What the operator looks after. */
export function ApplicationsView({ overview }: { readonly overview: Overview }) {
  const { data, problem } = useDocument<Application[]>('/api/applications', ['applications']);
  return (
    <View
      title="GitOps operator"
      name="Applications"
      station="operator"
      actions={<Outside href={overview.pages.operator}>own page</Outside>}
    >
      <p class="lead">Each Application makes a namespace of the cluster look as a folder in Git says.</p>
      <ProblemNote problem={problem} />
      {data === undefined && problem === undefined ? <Waiting /> : null}
      <ul class="cards">
        {data?.map((application) => (
          <ApplicationCard key={application.metadata.name} application={application} />
        ))}
      </ul>
    </View>
  );
}

function ApplicationCard({ application }: { readonly application: Application }) {
  const { metadata, spec, status } = application;
  return (
    <li class="card" data-station="operator">
      <h2>
        <a href={to('operator', metadata.name)}>{metadata.name}</a>
      </h2>
      <p>
        <Badge state={status?.sync?.status ?? 'Unknown'} />{' '}
        <Badge state={status?.health?.status ?? 'Unknown'} />
      </p>
      <p class="dim">
        <code>{spec.source?.path ?? ''}</code> to namespace <code>{spec.destination.namespace ?? ''}</code>
      </p>
      <p>
        at <Sha id={status?.sync?.revision ?? ''} />
      </p>
    </li>
  );
}

/** One Application: its resources, what differs, its history; to be synced, refreshed, rolled back. */
export function ApplicationView({ name }: { readonly name: string }) {
  const path = `/api/applications/${encodeURIComponent(name)}`;
  const { data, problem } = useDocument<ApplicationDocument>(path, ['applications', 'cluster']);
  const sync = useAction(() => post(`${path}/sync`));
  const refresh = useAction(() => post(`${path}/refresh`));
  const { spec, status } = data?.application ?? {};
  const operation = status?.operationState;
  return (
    <View
      title={name}
      name={`Application ${name}`}
      station="operator"
      crumbs={[{ label: 'Applications', href: '#/operator' }]}
      actions={
        data === undefined ? undefined : (
          <>
            <ActionButton action={sync} kind="primary">
              Sync
            </ActionButton>
            <ActionButton action={refresh}>Refresh</ActionButton>
            <Outside href={data.webUrl}>own page</Outside>
          </>
        )
      }
    >
      <ProblemNote problem={problem ?? sync.problem ?? refresh.problem} />
      {data === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <p>
            <Badge state={status?.sync?.status ?? 'Unknown'} />{' '}
            <Badge state={status?.health?.status ?? 'Unknown'} /> <code>{spec?.source?.path ?? ''}</code> at{' '}
            <code>{spec?.source?.targetRevision ?? 'HEAD'}</code> (<Sha id={status?.sync?.revision ?? ''} />)
            to namespace <code>{spec?.destination.namespace ?? ''}</code>
            {data.isAutomated ? ', synced by itself' : ', synced by hand'}
          </p>
          {status?.conditions?.map(({ type, message }) => (
            <p key={`${type} ${message}`} class="note bad">
              <strong>{type}</strong> {message}
            </p>
          ))}
          {operation === undefined ? null : (
            <p>
              Last operation: <Badge state={operation.phase} /> {operation.message ?? ''}{' '}
              <Ago time={operation.startedAt} />
            </p>
          )}
          {data.problem === undefined ? null : (
            <p class="note warn">The operator does not show its resources here: {data.problem}</p>
          )}
          <h2>Resources</h2>
          <ResourceTree document={data} />
          <Differences document={data} />
          <History document={data} path={path} />
        </>
      )}
    </View>
  );
}

function Differences({ document }: { readonly document: ApplicationDocument }) {
  const different = document.managed.filter(({ lines }) => lines.some(({ kind }) => kind !== 'same'));
  return (
    <>
      <h2>Desired against live</h2>
      {different.length === 0 ? (
        <Empty>The cluster has what Git says: {document.managed.length} resources are the same.</Empty>
      ) : (
        different.map(({ kind, name, lines }) => (
          <details key={`${kind} ${name}`} class="card diff-file" open>
            <summary>
              <code>
                {kind}/{name}
              </code>
            </summary>
            <LineDiff label={`${kind} ${name}`} lines={lines} />
          </details>
        ))
      )}
    </>
  );
}

function History({ document, path }: { readonly document: ApplicationDocument; readonly path: string }) {
  const [chosen, setChosen] = useState<number>();
  const history = [...(document.application.status?.history ?? [])].reverse();
  const entry = history.find(({ id }) => id === chosen);
  return (
    <>
      <h2>History</h2>
      {entry === undefined ? null : (
        <Rollback
          key={entry.id}
          id={entry.id}
          revision={entry.revision}
          document={document}
          path={path}
          leave={() => {
            setChosen(undefined);
          }}
        />
      )}
      <ol class="history">
        {history.map(({ id, revision, deployedAt, initiatedBy }, index) => (
          <li key={id}>
            <span class="history-id">{id}</span>
            <Sha id={revision} href={to('git', 'gitops', 'commits', revision)} />
            <span>
              <Ago time={deployedAt} />{' '}
              <span class="dim">
                {initiatedBy?.username ?? (initiatedBy?.automated === true ? 'by itself' : '')}
              </span>
            </span>
            {index === 0 ? (
              <Badge state="live" />
            ) : (
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  setChosen(id);
                }}
              >
                Roll back to {id}
              </button>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

interface RollbackProps {
  readonly id: number;
  readonly revision: string;
  readonly document: ApplicationDocument;
  readonly path: string;
  readonly leave: () => void;
}

/** The two ways back, with what each means. */
function Rollback({ id, revision, document, path, leave }: RollbackProps) {
  const inGit = useAction(async () => {
    await post(`${path}/rollback`, { id, way: 'git' });
    leave();
  });
  const byOperator = useAction(async () => {
    await post(`${path}/rollback`, { id, way: 'operator' });
    leave();
  });
  return (
    <section class="card rollback" aria-label={`Roll back to ${id}`}>
      <h3>
        Roll back to {id} <Sha id={revision} />
      </h3>
      <p>
        In Git, as one commit that gives the folder the content that it had then. The operator deploys it, and
        everybody can see who did it.
      </p>
      {document.isAutomated ? (
        <p class="dim">
          The operator alone cannot: it syncs by itself, and would bring back what Git says at once.
        </p>
      ) : (
        <p class="dim">Or by the operator alone: Git goes on to say something else.</p>
      )}
      <div class="actions">
        <ActionButton action={inGit} kind="primary">
          Roll back in Git
        </ActionButton>
        <ActionButton action={byOperator} disabled={document.isAutomated}>
          By the operator
        </ActionButton>
        <button type="button" class="quiet" onClick={leave}>
          Cancel
        </button>
      </div>
      <ProblemNote problem={inGit.problem ?? byOperator.problem} />
    </section>
  );
}

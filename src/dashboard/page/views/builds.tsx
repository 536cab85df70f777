import type { Stage } from '../../../clients/jenkins.ts';
import type { BranchBuilds, BuildDocument, Overview } from '../../model/documents.ts';
import { post } from '../api.ts';
import { ActionButton, Ago, Badge, Outside, ProblemNote, Sha, View, Waiting } from '../components/basics.tsx';
import { Log } from '../components/log.tsx';
import { Table } from '../components/table.tsx';
import { useAction, useDocument } from '../documents.ts';
import { formatDuration } from '../format.ts';
import { to } from '../router.ts';

/** The builds of every branch, the newest first. */
export function BuildsView({ overview }: { readonly overview: Overview }) {
  const { data, problem } = useDocument<BranchBuilds[]>('/api/builds', ['builds']);
  const builds = (data ?? [])
    .flatMap(({ branch, builds: list }) => list.map((build) => ({ branch, build })))
    .sort((a, b) => b.build.timestamp - a.build.timestamp);
  return (
    <View
      title="CI server"
      name="Builds"
      station="ci"
      actions={<Outside href={overview.pages.ci}>own page</Outside>}
    >
      <ProblemNote problem={problem} />
      {data === undefined ? (
        <Waiting />
      ) : (
        <Table
          label="Builds"
          noun="build"
          items={builds}
          keyOf={({ branch, build }) => `${branch} ${build.number}`}
          textOf={({ branch, build }) =>
            `${branch} ${build.number} ${build.result ?? 'running'} ${build.revision ?? ''}`
          }
          empty="Nothing was built yet."
          columns={[
            {
              title: 'Build',
              cell: ({ branch, build }) => (
                <a href={to('ci', branch, build.number)}>
                  {branch} {build.number}
                </a>
              ),
            },
            {
              title: 'Result',
              narrow: true,
              cell: ({ build }) => <Badge state={build.building ? 'running' : (build.result ?? 'unknown')} />,
            },
            {
              title: 'Commit',
              narrow: true,
              cell: ({ build }) => <Sha id={build.revision ?? ''} href={to('trace', build.revision ?? '')} />,
            },
            { title: 'Why', cell: ({ build }) => <span class="dim">{build.causes.join(', ')}</span> },
            {
              title: 'Took',
              narrow: true,
              cell: ({ build }) => (build.building ? '' : formatDuration(build.duration)),
            },
            { title: 'When', narrow: true, cell: ({ build }) => <Ago time={build.timestamp} /> },
          ]}
        />
      )}
    </View>
  );
}

/** One build: its stages and its log, as it is written. */
export function BuildView({
  branch,
  number,
  overview,
}: {
  branch: string;
  number: string;
  overview: Overview;
}) {
  const path = `/api/builds/${encodeURIComponent(branch)}/${encodeURIComponent(number)}`;
  const { data, problem } = useDocument<BuildDocument>(path, ['builds']);
  const stop = useAction(() => post(`${path}/stop`));
  const again = useAction(() => post(`${path}/again`));
  const build = data?.build;
  return (
    <View
      title={
        <>
          Build {number} of {branch}
        </>
      }
      name={`Build ${number} of ${branch}`}
      station="ci"
      crumbs={[{ label: 'Builds', href: '#/ci' }]}
      actions={
        build === undefined ? undefined : (
          <>
            {build.building ? (
              <ActionButton action={stop} kind="danger">
                Stop
              </ActionButton>
            ) : (
              <ActionButton action={again}>Build again</ActionButton>
            )}
            <Outside href={build.url}>own page</Outside>
          </>
        )
      }
    >
      <ProblemNote problem={problem ?? stop.problem ?? again.problem} />
      {data === undefined || build === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <p>
            <Badge state={build.building ? 'running' : (build.result ?? 'unknown')} /> of commit{' '}
            <Sha
              id={build.revision ?? ''}
              href={to('git', overview.application, 'commits', build.revision ?? '')}
            />
            , <Ago time={build.timestamp} />
            {build.building ? '' : `, took ${formatDuration(build.duration)}`}. {build.causes.join(', ')}
          </p>
          {data.inputs.map((input) => (
            <Question key={input.id} path={path} input={input} />
          ))}
          <Stages stages={data.stages} />
          <h2>Log</h2>
          <Log path={`${path}/log`} label={`Log of build ${number} of ${branch}`} />
        </>
      )}
    </View>
  );
}

function Question({
  path,
  input,
}: {
  readonly path: string;
  readonly input: BuildDocument['inputs'][number];
}) {
  const proceed = useAction(() => post(`${path}/input`, { id: input.id, answer: 'proceed' }));
  const abort = useAction(() => post(`${path}/input`, { id: input.id, answer: 'abort' }));
  return (
    <div class="note warn">
      <p>{input.message}</p>
      <div class="actions">
        <ActionButton action={proceed} kind="primary">
          Proceed
        </ActionButton>
        <ActionButton action={abort}>Abort</ActionButton>
      </div>
      <ProblemNote problem={proceed.problem ?? abort.problem} />
    </div>
  );
}

/** The stages of a build, side by side; a wider one took longer. */
function Stages({ stages }: { readonly stages: readonly Stage[] }) {
  if (stages.length === 0) return null;
  const shown = stages.filter(({ status }) => status !== 'NOT_EXECUTED');
  const total = shown.reduce((sum, { durationMillis }) => sum + durationMillis, 0);
  return (
    <ol class="build-stages" aria-label="Stages">
      {shown.map(({ id, name, status, durationMillis, error }) => (
        <li
          key={id}
          class={status.toLowerCase()}
          style={{ flexGrow: 1 + (durationMillis / Math.max(1, total)) * 4 }}
        >
          <b>{name}</b>
          <Badge state={status} />
          <span class="dim">{formatDuration(durationMillis)}</span>
          {error === undefined ? null : <span class="error">{error}</span>}
        </li>
      ))}
    </ol>
  );
}

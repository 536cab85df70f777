import { useState } from 'preact/hooks';
import type { GitCommit } from '../../../clients/git-server-types.ts';
import type { CommitDocument, FileDocument, FolderDocument } from '../../model/documents.ts';
import { apiOf } from '../api.ts';
import type { Place } from '../app.tsx';
import {
  Ago,
  Badge,
  Empty,
  Outside,
  ProblemNote,
  Sha,
  Tabs,
  View,
  Waiting,
  type Crumb,
} from '../components/basics.tsx';
import { UnifiedDiff } from '../components/diff.tsx';
import { useDocument } from '../documents.ts';
import { bytes } from '../format.ts';
import { go, to } from '../router.ts';
import { HooksTab } from './hooks.tsx';
import { PullView, PullsTab } from './pulls.tsx';

/** One repository: files, commits, pull requests, webhooks. */
export function RepositoryView({ place }: { readonly place: Place }) {
  const [name = '', tab = 'files', ...rest] = place.parts;
  const ref = place.query.get('ref') ?? undefined;
  const crumbs: Crumb[] = [
    { label: 'Git', href: '#/git' },
    { label: name, href: to('git', name) },
  ];
  const [first] = rest;
  if (tab === 'commits' && first !== undefined) return <CommitView name={name} sha={first} crumbs={crumbs} />;
  if (tab === 'pulls' && first !== undefined) return <PullView name={name} number={first} crumbs={crumbs} />;
  const tabs = [
    { label: 'Files', href: to('git', name, 'files') },
    { label: 'Commits', href: to('git', name, 'commits') },
    { label: 'Pull requests', href: to('git', name, 'pulls') },
    { label: 'Webhooks', href: to('git', name, 'hooks') },
  ];
  return (
    <View
      title={name}
      name={`${name} ${tab}`}
      station={name === 'gitops' ? 'gitops' : 'git'}
      crumbs={crumbs.slice(0, 1)}
      actions={
        <Outside href={`${place.overview.pages.git}/${place.overview.organization}/${name}`}>
          own page
        </Outside>
      }
    >
      <Tabs label={`Parts of ${name}`} tabs={tabs} current={to('git', name, tab)} />
      {tab === 'commits' ? (
        <CommitsTab name={name} path={place.query.get('path') ?? undefined} at={ref} />
      ) : tab === 'pulls' ? (
        <PullsTab name={name} />
      ) : tab === 'hooks' ? (
        <HooksTab name={name} />
      ) : (
        <FilesTab name={name} path={rest.join('/')} at={ref} />
      )}
    </View>
  );
}

function FilesTab({
  name,
  path,
  at,
}: {
  readonly name: string;
  readonly path: string;
  readonly at: string | undefined;
}) {
  const query = new URLSearchParams({ path, ...(at === undefined ? {} : { ref: at }) });
  const { data, problem } = useDocument<FolderDocument | FileDocument>(
    `${apiOf(name)}/contents?${query.toString()}`,
    ['git'],
  );
  const suffix = at === undefined ? '' : `?ref=${encodeURIComponent(at)}`;
  const parts = path.split('/').filter(Boolean);
  return (
    <>
      <div class="bar">
        <nav class="crumbs path" aria-label="Path">
          <ol>
            <li>
              <a href={`${to('git', name, 'files')}${suffix}`}>{name}</a>
            </li>
            {parts.map((part, index) => (
              <li key={part}>
                <a href={`${to('git', name, 'files', ...parts.slice(0, index + 1))}${suffix}`}>{part}</a>
              </li>
            ))}
          </ol>
        </nav>
        <BranchChoice name={name} path={parts} at={at} />
      </div>
      <ProblemNote problem={problem} />
      {data === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : data.kind === 'file' ? (
        <File file={data} history={`${to('git', name, 'commits')}?path=${encodeURIComponent(path)}`} />
      ) : (
        <ul class="files card">
          {data.entries.map((entry) => (
            <li key={entry.path} class={entry.type}>
              <a href={`${to('git', name, 'files', ...entry.path.split('/'))}${suffix}`}>{entry.name}</a>
              <span class="dim">{entry.type === 'dir' ? '' : bytes(entry.size)}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function BranchChoice({ name, path, at }: { name: string; path: readonly string[]; at: string | undefined }) {
  const { data } = useDocument<{ branches: string[]; tags: string[] }>(`${apiOf(name)}/branches`, ['git']);
  const known = [...(data?.branches ?? []), ...(data?.tags ?? [])];
  const options = at === undefined || known.includes(at) ? known : [at, ...known];
  return (
    <label class="choice">
      Branch
      <select
        value={at ?? 'main'}
        onChange={({ currentTarget }) => {
          go(`${to('git', name, 'files', ...path)}?ref=${encodeURIComponent(currentTarget.value)}`);
        }}
      >
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

function File({ file, history }: { readonly file: FileDocument; readonly history: string }) {
  const { path, size, text, webUrl } = file;
  return (
    <article class="card file">
      <header class="bar">
        <b>{path.split('/').at(-1)}</b>
        <span class="dim">{bytes(size)}</span>
        <a href={history}>history</a>
        <Outside href={webUrl}>own page</Outside>
      </header>
      {text === undefined ? (
        <Empty>It is no text, or too large to be shown here.</Empty>
      ) : (
        <pre class="source" tabIndex={0} role="region" aria-label={`Content of ${path}`}>
          {text.split('\n').map((line, index) => (
            <span key={index} class="source-line">
              {line}
              {'\n'}
            </span>
          ))}
        </pre>
      )}
    </article>
  );
}

function CommitsTab({ name, path, at }: { name: string; path: string | undefined; at: string | undefined }) {
  const [page, setPage] = useState(1);
  const query = new URLSearchParams({
    page: String(page),
    ...(path === undefined ? {} : { path }),
    ...(at === undefined ? {} : { ref: at }),
  });
  const { data, problem } = useDocument<{ commits: GitCommit[]; isLast: boolean }>(
    `${apiOf(name)}/commits?${query.toString()}`,
    ['git'],
  );
  return (
    <>
      {path === undefined ? null : (
        <p>
          Of <code>{path}</code>. <a href={to('git', name, 'commits')}>All commits</a>
        </p>
      )}
      <ProblemNote problem={problem} />
      {data === undefined && problem === undefined ? <Waiting /> : null}
      <ol class="commits">
        {data?.commits.map((commit) => (
          <li key={commit.sha}>
            <CommitLine name={name} commit={commit} />
          </li>
        ))}
      </ol>
      {data === undefined || (page === 1 && data.isLast) ? null : (
        <nav class="pages" aria-label="Pages of commits">
          <button
            type="button"
            disabled={page === 1}
            onClick={() => {
              setPage(page - 1);
            }}
          >
            Newer
          </button>
          <button
            type="button"
            disabled={data.isLast}
            onClick={() => {
              setPage(page + 1);
            }}
          >
            Older
          </button>
        </nav>
      )}
    </>
  );
}

function CommitLine({ name, commit }: { readonly name: string; readonly commit: GitCommit }) {
  return (
    <>
      <a class="commit-subject" href={to('git', name, 'commits', commit.sha)}>
        {commit.commit.message.split('\n')[0]}
      </a>
      <span class="dim">
        <Sha id={commit.sha} /> {commit.commit.author.name}, <Ago time={commit.commit.committer.date} />
      </span>
    </>
  );
}

function CommitView({ name, sha, crumbs }: { name: string; sha: string; crumbs: readonly Crumb[] }) {
  const { data, problem } = useDocument<CommitDocument>(
    `${apiOf(name)}/commits/${encodeURIComponent(sha)}`,
    [],
  );
  const [subject = '', ...body] = data?.commit.commit.message.trim().split('\n') ?? [];
  return (
    <View
      title={subject || sha.slice(0, 7)}
      name={`Commit ${sha.slice(0, 7)}`}
      station={name === 'gitops' ? 'gitops' : 'git'}
      crumbs={[...crumbs, { label: 'commits', href: to('git', name, 'commits') }]}
      actions={data === undefined ? undefined : <Outside href={data.commit.html_url}>own page</Outside>}
    >
      <ProblemNote problem={problem} />
      {data === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <p>
            <code>{data.commit.sha}</code> by {data.commit.commit.author.name},{' '}
            <Ago time={data.commit.commit.committer.date} />
          </p>
          {body.length === 0 ? null : <pre class="message">{body.join('\n').trim()}</pre>}
          {data.statuses.length === 0 ? null : (
            <p>
              {data.statuses.map(({ id, status, context, description }) => (
                <span key={id} class="check">
                  <Badge state={status} /> {context} <span class="dim">{description}</span>
                </span>
              ))}
            </p>
          )}
          <p>
            <a href={`${to('git', name, 'files')}?ref=${data.commit.sha}`}>All files at this commit</a>
            {name === 'gitops' ? null : (
              <>
                {', '}
                <a href={to('trace', data.commit.sha)}>its way through the loop</a>
              </>
            )}
          </p>
          <UnifiedDiff text={data.diff} />
        </>
      )}
    </View>
  );
}

import { useState } from 'preact/hooks';
import type { GitPull } from '../../../clients/git-server-types.ts';
import type { PullDocument } from '../../model/documents.ts';
import { apiOf, post } from '../api.ts';
import {
  ActionButton,
  Ago,
  Badge,
  Outside,
  ProblemNote,
  View,
  Waiting,
  type Crumb,
} from '../components/basics.tsx';
import { UnifiedDiff } from '../components/diff.tsx';
import { Markdown } from '../components/markdown.tsx';
import { Table } from '../components/table.tsx';
import { useAction, useDocument } from '../documents.ts';
import { to } from '../router.ts';

function stateOf({ merged, state }: GitPull): string {
  return merged ? 'merged' : state;
}

export function PullsTab({ name }: { readonly name: string }) {
  const { data, problem } = useDocument<GitPull[]>(`${apiOf(name)}/pulls`, ['git']);
  return (
    <>
      <ProblemNote problem={problem} />
      {data === undefined ? (
        <Waiting />
      ) : (
        <Table
          label="Pull requests"
          noun="pull request"
          items={data}
          keyOf={({ number }) => String(number)}
          textOf={(pull) => `${pull.number} ${pull.title} ${stateOf(pull)} ${pull.user.login}`}
          empty="There is no pull request."
          columns={[
            { title: 'Number', narrow: true, cell: ({ number }) => number },
            {
              title: 'Title',
              cell: ({ number, title }) => <a href={to('git', name, 'pulls', number)}>{title}</a>,
            },
            { title: 'State', narrow: true, cell: (pull) => <Badge state={stateOf(pull)} /> },
            { title: 'Author', narrow: true, cell: ({ user }) => user.login },
            { title: 'Changed', narrow: true, cell: ({ updated_at }) => <Ago time={updated_at} /> },
          ]}
        />
      )}
    </>
  );
}

const verdicts: Readonly<Record<string, string>> = {
  APPROVED: 'approved',
  REQUEST_CHANGES: 'asks for changes',
  COMMENT: 'reviewed',
};

/** One pull request: what it says, what it changes, what others said, and what can be done with it. */
export function PullView({
  name,
  number,
  crumbs,
}: {
  name: string;
  number: string;
  crumbs: readonly Crumb[];
}) {
  const path = `${apiOf(name)}/pulls/${encodeURIComponent(number)}`;
  const { data, problem } = useDocument<PullDocument>(path, ['git']);
  const pull = data?.pull;
  return (
    <View
      title={pull?.title ?? `Pull request ${number}`}
      name={`Pull request ${number}`}
      station={name === 'gitops' ? 'gitops' : 'git'}
      crumbs={[...crumbs, { label: 'pull requests', href: to('git', name, 'pulls') }]}
      actions={pull === undefined ? undefined : <Outside href={pull.html_url}>own page</Outside>}
    >
      <ProblemNote problem={problem} />
      {data === undefined || pull === undefined ? (
        problem === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <div class="columns">
          <div>
            <p>
              <Badge state={stateOf(pull)} /> {pull.user.login} wants to merge <code>{pull.head.label}</code>{' '}
              into <code>{pull.base.ref}</code>, <Ago time={pull.created_at} />
            </p>
            {pull.body === '' ? null : (
              <div class="card">
                <Markdown text={pull.body} />
              </div>
            )}
            {[...data.comments.map(commentEntry), ...data.reviews.map(reviewEntry)]
              .sort((a, b) => a.at.localeCompare(b.at))
              .map(({ id, author, at, body, state }) => (
                <article key={id} class="card said">
                  <p class="dim">
                    {author} {state === undefined ? 'said' : <Badge state={verdicts[state] ?? state} />},{' '}
                    <Ago time={at} />
                  </p>
                  {body === '' ? null : <Markdown text={body} />}
                </article>
              ))}
            <h2>What it changes</h2>
            <UnifiedDiff text={data.diff} />
          </div>
          <aside class="side">
            {pull.state === 'open' ? <Decide pull={pull} path={path} /> : <Ended pull={pull} />}
          </aside>
        </div>
      )}
    </View>
  );
}

interface Entry {
  readonly id: string;
  readonly author: string;
  readonly at: string;
  readonly body: string;
  readonly state?: string;
}

function commentEntry({ id, user, created_at, body }: PullDocument['comments'][number]): Entry {
  return { id: `comment ${id}`, author: user.login, at: created_at, body };
}

function reviewEntry({ id, user, submitted_at, body, state }: PullDocument['reviews'][number]): Entry {
  return { id: `review ${id}`, author: user.login, at: submitted_at, body, state };
}

function Decide({ pull, path }: { readonly pull: GitPull; readonly path: string }) {
  const [text, setText] = useState('');
  const said = async (work: Promise<unknown>) => {
    await work;
    setText('');
  };
  const comment = useAction(() => said(post(`${path}/comments`, { body: text })));
  const approve = useAction(() => said(post(`${path}/reviews`, { event: 'APPROVED', body: text })));
  const refuse = useAction(() => said(post(`${path}/reviews`, { event: 'REQUEST_CHANGES', body: text })));
  const merge = useAction(() => post(`${path}/merge`, { style: 'merge', head: pull.head.sha }));
  const close = useAction(() => post(`${path}/close`));
  const isEmpty = text.trim() === '';
  return (
    <>
      <section class="card" aria-labelledby="merge">
        <h2 id="merge">Merge</h2>
        <p class="dim">
          {pull.mergeable ? 'It can be merged.' : 'It conflicts with its base, or was not looked at yet.'}
        </p>
        <div class="actions">
          <ActionButton action={merge} kind="primary" disabled={!pull.mergeable}>
            Merge pull request
          </ActionButton>
          <ActionButton action={close} kind="quiet">
            Close
          </ActionButton>
        </div>
        <ProblemNote problem={merge.problem ?? close.problem} />
      </section>
      <section class="card" aria-labelledby="review">
        <h2 id="review">Review</h2>
        <label>
          What you say
          <textarea
            rows={4}
            value={text}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
            }}
          />
        </label>
        <div class="actions">
          <ActionButton action={approve}>Approve</ActionButton>
          <ActionButton action={refuse} disabled={isEmpty}>
            Ask for changes
          </ActionButton>
          <ActionButton action={comment} disabled={isEmpty}>
            Comment
          </ActionButton>
        </div>
        <ProblemNote problem={comment.problem ?? approve.problem ?? refuse.problem} />
      </section>
    </>
  );
}

function Ended({ pull }: { readonly pull: GitPull }) {
  const { merged, merged_by, merged_at, closed_at } = pull;
  return (
    <section class="card">
      <p>
        {merged ? 'Merged' : 'Closed'}
        {merged_by === null ? '' : ` by ${merged_by.login}`},{' '}
        <Ago time={merged_at ?? closed_at ?? undefined} />
      </p>
    </section>
  );
}

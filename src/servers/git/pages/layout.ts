import { html, type Html } from '../../../lib/html/html.ts';
import { page as document, pageHeaders, type Part } from '../../../lib/html/page.ts';
import type { Viewer } from '../metadata/accounts.ts';
import type { RepositoryRecord } from '../metadata/model.ts';

/** What every page knows. */
export interface PageFrame {
  readonly title: string;
  readonly viewer: Viewer | undefined;
  /** Whose navigation is shown. */
  readonly repository?: RepositoryRecord;
  /** Which of the repository's tabs this is. */
  readonly tab?: 'commits' | 'pulls' | 'settings/hooks';
}

const part: Part = { name: 'Git server', about: 'Gitea-compatible Git server of the embedded engine' };

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  ...pageHeaders(),
};

/** A whole page around its content, as a response. */
export function page(
  { title, viewer, repository, tab }: PageFrame,
  content: Html,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): Response {
  const account = viewer === undefined ? html`<a href="/login">Log in</a>` : html`${viewer.user.login}`;
  const base = repository && `/${repository.owner}/${repository.name}`;
  const text = document({
    part,
    title,
    account,
    body: content,
    ...(base === undefined
      ? {}
      : {
          way: [
            ['Repositories', '/'],
            [base.slice(1), base],
          ],
          tabs: {
            label: 'Repository',
            links: [
              ['Files', base],
              ['Commits', `${base}/commits`],
              ['Pull requests', `${base}/pulls`],
              ['Webhooks', `${base}/settings/hooks`],
            ],
            current: tab === undefined ? base : `${base}/${tab}`,
          },
        }),
  });
  return new Response(text, { status, headers: { ...HEADERS, ...headers } });
}

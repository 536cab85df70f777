import { gitPages } from '../../../clients/git-pages.ts';
import { listRepositories } from '../../../flow/inventory.ts';
import type {
  CommitDocument,
  FolderDocument,
  FileDocument,
  HookDocument,
  RepositoryDocument,
} from '../../model/documents.ts';
import { found, type DashboardContext, type Parts, type Routes } from '../call.ts';

/** Larger files are shown by the Git server's own page alone. */
const SHOWN_BYTES = 512 * 1024;
const PAGE = 30;
const DELIVERIES = 15;

/** Repositories with their files, commits and webhooks. */
export function addRepositories(routes: Routes, { playground }: Parts): void {
  const { git, config } = playground;
  const { organization: owner } = config;
  const base = '/api/repositories/:repository';
  const repositoryOf = (context: DashboardContext) => context.req.param('repository') ?? '';

  routes.get('/api/repositories', async (context) => {
    const repositories = await listRepositories(playground);
    const documents = await Promise.all(
      repositories.map(async ({ name, cloneUrl, webUrl, role }): Promise<RepositoryDocument> => {
        const repository = await git.findRepository(owner, name);
        const isEmpty = repository?.empty !== false;
        const [commits, pulls] = await Promise.all([
          isEmpty ? [] : git.listCommits(owner, name, { limit: 1 }).catch(() => []),
          isEmpty ? [] : git.listPulls(owner, name, 'open').catch(() => []),
        ]);
        return {
          name,
          cloneUrl,
          webUrl,
          role,
          description: repository?.description ?? '',
          defaultBranch: repository?.default_branch ?? 'main',
          newest: commits[0],
          openPulls: pulls.length,
        };
      }),
    );
    return context.json(documents);
  });
  routes.get(`${base}/branches`, async (context) => {
    const [branches, tags] = await Promise.all([
      git.listBranches(owner, repositoryOf(context)),
      git.listTags(owner, repositoryOf(context)),
    ]);
    return context.json({ branches: branches.map(({ name }) => name), tags: tags.map(({ name }) => name) });
  });
  routes.get(`${base}/contents`, async (context) => {
    const path = context.req.query('path') ?? '';
    const ref = context.req.query('ref');
    const entry = found(
      await git.findFile(owner, repositoryOf(context), path, ref),
      `file or folder "${path}"`,
    );
    // Where it is a folder, the answer is the list of its entries.
    if (Array.isArray(entry)) return context.json(folderOf(path, entry as (typeof entry)[]));
    const bytes = entry.size > SHOWN_BYTES ? undefined : Buffer.from(entry.content ?? '', 'base64');
    const isText = bytes !== undefined && !bytes.includes(0);
    const file: FileDocument = {
      kind: 'file',
      path,
      size: entry.size,
      webUrl: entry.html_url,
      ...(isText ? { text: bytes.toString('utf8') } : {}),
    };
    return context.json(file);
  });
  routes.get(`${base}/commits`, async (context) => {
    const page = Number(context.req.query('page') ?? '1');
    const path = context.req.query('path');
    const sha = context.req.query('ref');
    const commits = await git.listCommits(owner, repositoryOf(context), {
      page: Number.isSafeInteger(page) && page > 0 ? page : 1,
      limit: PAGE,
      ...(path === undefined ? {} : { path }),
      ...(sha === undefined ? {} : { sha }),
    });
    return context.json({ commits, isLast: commits.length < PAGE });
  });
  routes.get(`${base}/commits/:sha{[0-9a-f]+}`, async (context) => {
    const repository = repositoryOf(context);
    const sha = context.req.param('sha');
    const commit = found(await git.findCommit(owner, repository, sha), `commit ${sha}`);
    const [diff, { statuses }] = await Promise.all([
      git.commitDiff(owner, repository, sha),
      git.combinedStatus(owner, repository, sha),
    ]);
    const document: CommitDocument = { commit, diff, statuses: statuses ?? [] };
    return context.json(document);
  });
  routes.get(`${base}/hooks`, async (context) => {
    const repository = repositoryOf(context);
    const { html_url: webUrl } = found(
      await git.findRepository(owner, repository),
      `repository "${repository}"`,
    );
    const hooks = await git.listHooks(owner, repository);
    const documents = await Promise.all(
      hooks.map(async ({ id, active, events, config: target }): Promise<HookDocument> => ({
        id,
        url: target.url ?? '',
        active,
        events,
        webUrl: `${webUrl}/${gitPages(config.gitServer).hook(id)}`,
        deliveries: await git.findDeliveries(owner, repository, id, DELIVERIES),
      })),
    );
    return context.json(documents);
  });
}

function folderOf(
  path: string,
  entries: readonly {
    readonly name: string;
    readonly path: string;
    readonly type: string;
    readonly size: number;
  }[],
): FolderDocument {
  const rank = (type: string) => (type === 'dir' ? 0 : 1);
  return {
    kind: 'folder',
    path,
    entries: entries
      .map(({ name, path: place, type, size }) => ({ name, path: place, type, size }))
      .sort((a, b) => rank(a.type) - rank(b.type) || a.name.localeCompare(b.name)),
  };
}

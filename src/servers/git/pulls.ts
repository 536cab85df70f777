import { conflict, GitServerError, invalid, notFound } from './errors.ts';
import type {
  CommentRecord,
  PullRecord,
  RepositoryRecord,
  ReviewRecord,
  UserRecord,
} from './metadata/model.ts';
import { changedFiles, mergeBase, type FileChange } from './repository/commits.ts';
import { commitsAhead } from './repository/lines.ts';
import { mergeTrees } from './repository/merge.ts';
import { hasBranches, readRef, writeOwnRef } from './repository/refs.ts';
import { current, userById, type OpenRepository, type Service } from './service.ts';
import { apiUrl, repositoryUrl, repositoryView, userView } from './views.ts';

/** How a pull request stands to its base: computed from the two commits alone, so it can be kept. */
export interface Standing {
  readonly base: string;
  readonly head: string;
  readonly mergeBase: string;
  readonly mergeable: boolean;
  /** What merging would make; undefined when the branches conflict. */
  readonly tree: string | undefined;
  readonly conflicts: readonly string[];
}

const REMEMBERED = 200;

/** Pull requests between the branches of one repository. */
export class Pulls {
  readonly #service: Service;
  readonly #standings = new Map<string, Promise<Standing>>();

  constructor(service: Service) {
    this.#service = service;
  }

  find(repository: RepositoryRecord, number: number): PullRecord | undefined {
    return this.#service.store.find(
      'pulls',
      (pull) => pull.repositoryId === repository.id && pull.number === number,
    );
  }

  /** @throws GitServerError 404 */
  get(repository: RepositoryRecord, number: number): PullRecord {
    const pull = this.find(repository, number);
    if (pull === undefined) throw notFound(`pull request does not exist [number: ${number}]`);
    return pull;
  }

  /** Newest first. */
  list(repository: RepositoryRecord, state: 'open' | 'closed' | 'all'): PullRecord[] {
    return this.#service.store
      .filter(
        'pulls',
        (pull) => pull.repositoryId === repository.id && (state === 'all' || pull.state === state),
      )
      .sort((a, b) => b.number - a.number);
  }

  /** To be called in the queue of the repository. @throws GitServerError 404, 409, 422 */
  async create(
    { record, folder }: OpenRepository,
    author: UserRecord,
    wanted: { readonly head: string; readonly base: string; readonly title: string; readonly body: string },
  ): Promise<PullRecord> {
    const { base, title, body } = wanted;
    const head = wanted.head.startsWith(`${record.owner}:`)
      ? wanted.head.slice(record.owner.length + 1)
      : wanted.head;
    if (title.trim() === '') throw invalid('the pull request needs a title');
    if (head === base) throw invalid('there are no changes between the head and the base');
    const [headSha, baseSha] = await Promise.all(
      [head, base].map((branch) => readRef(folder, `refs/heads/${branch}`)),
    );
    if (headSha === undefined) throw notFound(`the head branch "${head}" does not exist`);
    if (baseSha === undefined) throw notFound(`the base branch "${base}" does not exist`);
    const open = this.list(record, 'open').find((pull) => pull.head === head && pull.base === base);
    if (open !== undefined) {
      throw conflict(
        `pull request already exists for these targets [id: ${open.id}, issue_id: ${open.id}, head_repo_id: ${record.id}, base_repo_id: ${record.id}, head_branch: ${head}, base_branch: ${base}]`,
      );
    }
    const { store } = this.#service;
    const now = new Date().toISOString();
    const repository = current(this.#service, record);
    const number = repository.lastNumber + 1;
    const pull: PullRecord = {
      id: store.nextId(),
      repositoryId: record.id,
      number,
      authorId: author.id,
      title,
      body,
      head,
      base,
      state: 'open',
      headSha,
      baseSha,
      created: now,
      updated: now,
    };
    await writeOwnRef(folder, pullRef(number), headSha);
    store.commit(['put', 'repositories', { ...repository, lastNumber: number }], ['put', 'pulls', pull]);
    return pull;
  }

  /** What the two commits are to each other. Kept, for every view of a pull request asks for it. */
  async standing({ record, folder }: OpenRepository, pull: PullRecord): Promise<Standing> {
    const base =
      pull.state === 'open'
        ? ((await readRef(folder, `refs/heads/${pull.base}`)) ?? pull.baseSha)
        : pull.baseSha;
    const key = `${record.id} ${base} ${pull.headSha}`;
    const known = this.#standings.get(key);
    if (known !== undefined) return known;
    const computed = this.#compute(folder, base, pull.headSha);
    if (this.#standings.size >= REMEMBERED) this.#standings.clear();
    this.#standings.set(key, computed);
    computed.catch(() => this.#standings.delete(key));
    return computed;
  }

  /** The files that merging would change. */
  async files(repository: OpenRepository, pull: PullRecord): Promise<FileChange[]> {
    const { mergeBase: from, head } = await this.standing(repository, pull);
    return changedFiles(this.#service.git, repository.folder, from, head);
  }

  comments(repository: RepositoryRecord, number: number): CommentRecord[] {
    return this.#service.store.filter(
      'comments',
      (comment) => comment.repositoryId === repository.id && comment.number === number,
    );
  }

  reviews(repository: RepositoryRecord, number: number): ReviewRecord[] {
    return this.#service.store.filter(
      'reviews',
      (review) => review.repositoryId === repository.id && review.number === number,
    );
  }

  /** The pull request as the Gitea API shows it. @param files adds the numbers of changes */
  async view(repository: OpenRepository, pull: PullRecord, files?: readonly FileChange[]) {
    const service = this.#service;
    const record = current(service, repository.record);
    const [standing, nonEmpty, headTip] = await Promise.all([
      this.standing(repository, pull),
      hasBranches(repository.folder),
      readRef(repository.folder, `refs/heads/${pull.head}`),
    ]);
    const repositoryOf = repositoryView(service, record, {
      access: record.private ? undefined : 'read',
      empty: !nonEmpty,
    });
    const branch = (label: string, ref: string, sha: string) => ({
      label,
      ref,
      sha,
      repo_id: record.id,
      repo: repositoryOf,
    });
    const url = `${repositoryUrl(service, record)}/pulls/${pull.number}`;
    const sum = (of: (file: FileChange) => number) => files?.reduce((total, file) => total + of(file), 0);
    return {
      id: pull.id,
      url,
      number: pull.number,
      user: userView(service, userById(service, pull.authorId)),
      title: pull.title,
      body: pull.body,
      labels: [],
      milestone: null,
      assignee: null,
      assignees: null,
      requested_reviewers: null,
      requested_reviewers_teams: null,
      state: pull.state,
      draft: /^(wip:|\[wip\])/i.test(pull.title),
      is_locked: false,
      comments: this.comments(record, pull.number).length,
      review_comments: 0,
      ...(files === undefined
        ? {}
        : {
            additions: sum((file) => file.additions),
            deletions: sum((file) => file.deletions),
            changed_files: files.length,
          }),
      html_url: url,
      diff_url: `${url}.diff`,
      patch_url: `${url}.patch`,
      mergeable: pull.state === 'open' && standing.mergeable,
      merged: pull.merged !== undefined,
      merged_at: pull.merged?.at ?? null,
      merge_commit_sha: pull.merged?.sha ?? null,
      merged_by: pull.merged === undefined ? null : userView(service, userById(service, pull.merged.by)),
      allow_maintainer_edit: false,
      base: branch(pull.base, pull.base, standing.base),
      // The label keeps the name of a branch that is gone.
      head: branch(pull.head, headTip === undefined ? pullRef(pull.number) : pull.head, pull.headSha),
      merge_base: standing.mergeBase,
      due_date: null,
      created_at: pull.created,
      updated_at: pull.updated,
      closed_at: pull.closed ?? null,
      pin_order: 0,
    };
  }

  /** A pull request as an issue, which is how comments refer to it. */
  issueView(repository: RepositoryRecord, pull: PullRecord) {
    const service = this.#service;
    const { owner, name, id } = repository;
    return {
      id: pull.id,
      url: `${apiUrl(service, repository)}/issues/${pull.number}`,
      html_url: `${repositoryUrl(service, repository)}/pulls/${pull.number}`,
      number: pull.number,
      user: userView(service, userById(service, pull.authorId)),
      title: pull.title,
      body: pull.body,
      ref: '',
      labels: [],
      milestone: null,
      assignee: null,
      assignees: null,
      state: pull.state,
      is_locked: false,
      comments: this.comments(repository, pull.number).length,
      created_at: pull.created,
      updated_at: pull.updated,
      closed_at: pull.closed ?? null,
      due_date: null,
      pull_request: { merged: pull.merged !== undefined, merged_at: pull.merged?.at ?? null },
      repository: { id, name, owner, full_name: `${owner}/${name}` },
    };
  }

  async #compute(folder: string, base: string, head: string): Promise<Standing> {
    const { git, objects } = this.#service;
    const [newest] = (await commitsAhead(objects, folder, base, head)) ?? [];
    if (newest !== undefined) {
      return { base, head, mergeBase: base, mergeable: true, tree: newest.tree, conflicts: [] };
    }
    const [ancestor, merged] = await Promise.all([
      mergeBase(git, folder, base, head),
      // Unrelated histories make merge-tree fail; such branches cannot be merged.
      mergeTrees(git, folder, base, head).catch(() => undefined),
    ]);
    return {
      base,
      head,
      mergeBase: ancestor ?? base,
      mergeable: ancestor !== undefined && merged?.clean === true,
      tree: merged?.clean === true ? merged.tree : undefined,
      conflicts: merged?.clean === false ? merged.files : [],
    };
  }
}

/** Where the head of a pull request stays, also when its branch is gone. */
export function pullRef(number: number): string {
  return `refs/pull/${number}/head`;
}

/** @throws GitServerError 404 when the text is no number of a pull request. */
export function pullNumber(text: string): number {
  const number = Number(text);
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new GitServerError(404, `"${text.slice(0, 30)}" is not a number`);
  return number;
}

import { messageOf } from '../../../lib/errors.ts';
import type {
  CommentRecord,
  DeliveryRecord,
  PullRecord,
  PushRecord,
  RefUpdate,
  ReviewRecord,
  UserRecord,
} from '../metadata/model.ts';
import type { Change } from '../metadata/store.ts';
import { pullRef, type Pulls } from '../pulls.ts';
import { countCommits, log, type CommitEntry } from '../repository/commits.ts';
import { walkLine } from '../repository/lines.ts';
import { listRefs, NO_SHA, readRef, writeOwnRef } from '../repository/refs.ts';
import { current, userById, type OpenRepository, type Service } from '../service.ts';
import { hooksFor, prepareEvent, type EventType } from './hooks.ts';
import { commentPayload, pullPayload, pushPayload, refPayload, type PullAction } from './payloads.ts';

/** Commits that are told one by one in a push event; further ones are only counted. */
const COMMITS_TOLD = 50;
const REVIEW_EVENTS = {
  APPROVED: 'pull_request_review_approved',
  REQUEST_CHANGES: 'pull_request_review_rejected',
  COMMENT: 'pull_request_review_comment',
} as const;

/** Changes of metadata and the deliveries that tell of them, committed together. */
interface Consequences {
  readonly changes: Change[];
  readonly deliveries: DeliveryRecord[];
}

/** What follows when references have moved or pull requests have changed: records and webhooks. */
export class RefEvents {
  readonly #service: Service;
  readonly #pulls: Pulls;
  readonly #running = new Set<Promise<void>>();

  constructor(service: Service, pulls: Pulls) {
    this.#service = service;
    this.#pulls = pulls;
  }

  /** Handles a recorded push beside whatever the caller does next. @param updatesOf which of its updates did happen */
  pushed(push: PushRecord, updatesOf: (folder: string) => Promise<readonly RefUpdate[]>): void {
    const { store, folders, queues, log: logger } = this.#service;
    const done: Change = ['remove', 'pushes', push.id];
    const running = queues
      .run(push.repositoryId, async () => {
        const record = store.get('repositories', push.repositoryId);
        if (record === undefined) return;
        const repository = { record, folder: folders.of(record) };
        const updates = await updatesOf(repository.folder);
        await this.moved(repository, userById(this.#service, push.userId), updates, [done]);
      })
      .catch((error: unknown) => {
        // The record of the push stays, and the next start tries again.
        logger.error(`the webhooks of a push could not be sent: ${messageOf(error)}`);
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when every push that was handed in has been handled. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** To be called in the queue of the repository, after its references have moved. */
  async moved(
    { record, folder }: OpenRepository,
    sender: UserRecord,
    updates: readonly RefUpdate[],
    further: readonly Change[] = [],
  ): Promise<void> {
    const all: Consequences = { changes: [...further], deliveries: [] };
    const repository = { record: current(this.#service, record), folder };
    const real = updates.filter(({ before, after }) => before !== after);
    for (const update of real) {
      if (update.ref.startsWith('refs/heads/')) await this.#branch(repository, sender, update, all);
      else if (update.ref.startsWith('refs/tags/')) await this.#told(repository, sender, update, all);
    }
    if (real.length > 0) {
      const updated = { ...current(this.#service, record), updated: new Date().toISOString() };
      all.changes.push(['put', 'repositories', updated]);
      this.#service.maintenance.changed(folder);
    }
    this.#commit(all);
  }

  /** Records a change of a pull request, and tells of it. To be called in the queue of the repository. */
  async pullChanged(
    repository: OpenRepository,
    sender: UserRecord,
    action: PullAction,
    pull: PullRecord,
  ): Promise<void> {
    const all: Consequences = { changes: [], deliveries: [] };
    await this.#pull(repository, sender, action, pull, all);
    this.#commit(all);
  }

  commented(repository: OpenRepository, sender: UserRecord, pull: PullRecord, comment: CommentRecord): void {
    const { record } = repository;
    const all: Consequences = { changes: [['put', 'comments', comment]], deliveries: [] };
    this.#tell(repository, 'pull_request_comment', undefined, all, () =>
      commentPayload(
        this.#service,
        { repository: record, sender },
        this.#pulls.issueView(record, pull),
        comment,
      ),
    );
    this.#commit(all);
  }

  /** Records a review, and tells of it. */
  async reviewed(
    repository: OpenRepository,
    sender: UserRecord,
    pull: PullRecord,
    review: ReviewRecord,
  ): Promise<void> {
    const { record } = repository;
    const all: Consequences = { changes: [['put', 'reviews', review]], deliveries: [] };
    const type = REVIEW_EVENTS[review.verdict];
    if (hooksFor(this.#service, record, type).length > 0) {
      const view = await this.#pulls.view(repository, pull);
      this.#tell(repository, type, undefined, all, () =>
        pullPayload(this.#service, { repository: record, sender }, 'reviewed', pull, view, {
          type,
          content: review.body,
        }),
      );
    }
    this.#commit(all);
  }

  /** Sends one hook a push event with the newest commit of the default branch, as Gitea's "Test Delivery" does. */
  async test(repository: OpenRepository, sender: UserRecord, hookId: number): Promise<void> {
    const { record, folder } = repository;
    const hook = this.#service.store.get('hooks', hookId);
    if (hook === undefined) return;
    const ref = `refs/heads/${record.defaultBranch}`;
    const after = (await readRef(folder, ref)) ?? NO_SHA;
    const update = { ref, before: after, after };
    const payload = await this.#pushPayload(repository, sender, update);
    const { changes, deliveries } = prepareEvent(this.#service, [hook], 'push', payload);
    this.#commit({ changes, deliveries });
  }

  async #branch(
    repository: OpenRepository,
    sender: UserRecord,
    update: RefUpdate,
    all: Consequences,
  ): Promise<void> {
    const branch = update.ref.slice('refs/heads/'.length);
    const pulls = this.#pulls.list(repository.record, 'open');
    const fromHere = pulls.filter((pull) => pull.head === branch);
    const now = new Date().toISOString();
    if (update.after === NO_SHA) {
      for (const pull of pulls.filter(({ head, base }) => head === branch || base === branch)) {
        const closed: PullRecord = { ...pull, state: 'closed', closed: now, updated: now };
        await this.#pull(repository, sender, 'closed', closed, all);
      }
    }
    await this.#told(repository, sender, update, all);
    if (update.after === NO_SHA) return;
    if (update.before === NO_SHA) await this.#adoptDefault(repository, branch);
    for (const pull of fromHere) {
      await writeOwnRef(repository.folder, pullRef(pull.number), update.after);
      const synchronized: PullRecord = { ...pull, headSha: update.after, updated: now };
      await this.#pull(repository, sender, 'synchronized', synchronized, all);
    }
  }

  /** The first branch of an empty repository becomes its default branch, whatever it was to be called. */
  async #adoptDefault({ record, folder }: OpenRepository, branch: string): Promise<void> {
    const repository = current(this.#service, record);
    if (branch === repository.defaultBranch) return;
    const branches = await listRefs(folder, 'refs/heads/');
    if (branches.length !== 1) return;
    await this.#service.folders.setHead(record, branch);
    this.#service.store.commit(['put', 'repositories', { ...repository, defaultBranch: branch }]);
  }

  /** The create, delete and push events of a branch or tag. */
  async #told(
    repository: OpenRepository,
    sender: UserRecord,
    update: RefUpdate,
    all: Consequences,
  ): Promise<void> {
    const { record } = repository;
    const branch = update.ref.startsWith('refs/heads/') ? update.ref.slice('refs/heads/'.length) : undefined;
    const simple = () => refPayload(this.#service, { repository: record, sender }, update);
    if (update.after === NO_SHA) {
      this.#tell(repository, 'delete', branch, all, simple);
      return;
    }
    if (update.before === NO_SHA) this.#tell(repository, 'create', branch, all, simple);
    const hooks = hooksFor(this.#service, record, 'push', branch);
    if (hooks.length === 0) return;
    const payload = await this.#pushPayload(repository, sender, update);
    const { changes, deliveries } = prepareEvent(this.#service, hooks, 'push', payload);
    all.changes.push(...changes);
    all.deliveries.push(...deliveries);
  }

  async #pull(
    repository: OpenRepository,
    sender: UserRecord,
    action: PullAction,
    pull: PullRecord,
    all: Consequences,
  ): Promise<void> {
    all.changes.push(['put', 'pulls', pull]);
    const eventType: EventType = action === 'synchronized' ? 'pull_request_sync' : 'pull_request';
    if (hooksFor(this.#service, repository.record, eventType).length === 0) return;
    const view = await this.#pulls.view(repository, pull);
    this.#tell(repository, eventType, undefined, all, () =>
      pullPayload(this.#service, { repository: repository.record, sender }, action, pull, view),
    );
  }

  #tell(
    { record }: OpenRepository,
    eventType: EventType,
    branch: string | undefined,
    all: Consequences,
    payload: () => unknown,
  ): void {
    const hooks = hooksFor(this.#service, record, eventType, branch);
    if (hooks.length === 0) return;
    const { changes, deliveries } = prepareEvent(this.#service, hooks, eventType, payload());
    all.changes.push(...changes);
    all.deliveries.push(...deliveries);
  }

  async #pushPayload({ record, folder }: OpenRepository, sender: UserRecord, update: RefUpdate) {
    const { before, after, ref } = update;
    const about = { repository: record, sender };
    const isNew = before !== after && !ref.startsWith('refs/tags/');
    const base = before === NO_SHA ? await this.#defaultTip(record.defaultBranch, folder, ref) : before;
    const { commits, total } = isNew ? await this.#history(folder, base, after) : { commits: [], total: 0 };
    const head = commits[0] ?? (await this.#head(folder, after));
    // A test has nothing new to tell, and shows the newest commit instead.
    const told = before === after && head !== undefined ? [head] : commits;
    return pushPayload(this.#service, about, update, {
      commits: told,
      total: Math.max(total, told.length),
      head,
    });
  }

  /** What `after` has and `base` has not, newest first. */
  async #history(folder: string, base: string | undefined, after: string) {
    const { git, objects } = this.#service;
    const line = await walkLine(objects, folder, base, after);
    if (line !== undefined) return { commits: line, total: line.length };
    const revisions = [after, ...(base === undefined ? [] : [`^${base}`])];
    const commits = await log(git, folder, { revisions, limit: COMMITS_TOLD, files: true });
    const total = commits.length < COMMITS_TOLD ? commits.length : await countCommits(git, folder, revisions);
    return { commits, total };
  }

  async #head(folder: string, sha: string): Promise<CommitEntry | undefined> {
    if (sha === NO_SHA) return undefined;
    return (await log(this.#service.git, folder, { revisions: [sha], limit: 1, files: true }))[0];
  }

  /** A new branch brings what the default branch has not. */
  async #defaultTip(defaultBranch: string, folder: string, ref: string): Promise<string | undefined> {
    const defaultRef = `refs/heads/${defaultBranch}`;
    return ref === defaultRef ? undefined : readRef(folder, defaultRef);
  }

  #commit({ changes, deliveries }: Consequences): void {
    this.#service.store.commit(...changes);
    this.#service.deliveries.start(deliveries);
  }
}

import { messageOf } from '../../lib/errors.ts';
import { conflict, GitServerError, notFound } from './errors.ts';
import type { PullRecord, UserRecord } from './metadata/model.ts';
import { log } from './repository/commits.ts';
import { merge, MergeConflict, type MergeStyle } from './repository/merge.ts';
import { NO_SHA, readRef } from './repository/refs.ts';
import { updateRef } from './repository/write.ts';
import type { Server } from './api/call.ts';
import { signatureOf } from './api/signatures.ts';
import { userById, type OpenRepository } from './service.ts';

export interface MergeOrder {
  readonly style: MergeStyle;
  readonly title: string;
  readonly message: string;
  /** The head that was reviewed; empty for any. */
  readonly headSha: string;
  readonly deleteBranch: boolean;
}

/**
 * Merges a pull request, with the status codes of Gitea: 404 when closed, 405 when merged already or not
 * mergeable, 409 when head or base has moved or the branches conflict.
 */
export async function mergePull(
  server: Server,
  repository: OpenRepository,
  number: number,
  user: UserRecord,
  order: MergeOrder,
): Promise<PullRecord> {
  const { service, pulls, events } = server;
  const { folder, record } = repository;
  return service.queues.run(record.id, async () => {
    const pull = pulls.get(record, number);
    if (pull.merged !== undefined) {
      throw new GitServerError(405, `pull request has been merged already [number: ${number}]`);
    }
    if (pull.state === 'closed') throw notFound(`pull request is closed [number: ${number}]`);
    if (/^(wip:|\[wip\])/i.test(pull.title)) {
      throw new GitServerError(405, 'Work in progress PRs cannot be merged');
    }
    const ref = `refs/heads/${pull.base}`;
    const base = await readRef(folder, ref);
    if (base === undefined) throw notFound(`the base branch "${pull.base}" does not exist`);
    const head = (await readRef(folder, `refs/heads/${pull.head}`)) ?? pull.headSha;
    if (order.headSha !== '' && order.headSha !== head) throw conflict('head out of date');
    const standing = await pulls.standing(repository, { ...pull, headSha: head });
    if (!standing.mergeable || standing.tree === undefined) {
      const files = standing.conflicts.length > 0 ? `: ${standing.conflicts.join(', ')}` : '';
      throw new GitServerError(405, `the branches conflict${files}`);
    }
    const author = userById(service, pull.authorId);
    const sha = await merge(service, folder, {
      ref,
      base,
      head,
      style: order.style,
      tree: standing.tree,
      message: await messageFor(server, repository, pull, standing.mergeBase, head, order),
      author: signatureOf(author),
      committer: signatureOf(user),
    }).catch((error: unknown) => {
      throw error instanceof MergeConflict ? conflict(messageOf(error)) : error;
    });
    const now = new Date().toISOString();
    const merged: PullRecord = {
      ...pull,
      state: 'closed',
      headSha: head,
      baseSha: base,
      merged: { at: now, by: user.id, sha },
      closed: now,
      updated: now,
    };
    // Before the push event of the base branch: whoever reads the pull request then finds it merged.
    await events.pullChanged(repository, user, 'closed', merged);
    await events.moved(repository, user, [{ ref, before: base, after: sha }]);
    if (order.deleteBranch) await deleteHead(server, repository, merged, user);
    return merged;
  });
}

async function deleteHead(
  { service, pulls, events }: Server,
  repository: OpenRepository,
  pull: PullRecord,
  user: UserRecord,
): Promise<void> {
  const ref = `refs/heads/${pull.head}`;
  const before = await readRef(repository.folder, ref);
  const used = pulls.list(repository.record, 'open').some(({ head }) => head === pull.head);
  if (before === undefined || used || pull.head === repository.record.defaultBranch) return;
  await updateRef(service.git, repository.folder, ref, { before, after: NO_SHA });
  await events.moved(repository, user, [{ ref, before, after: NO_SHA }]);
}

async function messageFor(
  { service }: Server,
  { folder, record }: OpenRepository,
  pull: PullRecord,
  mergeBase: string,
  head: string,
  order: MergeOrder,
): Promise<string> {
  const given = [order.title.trim(), order.message.trim()];
  if (given[0] !== '') return given.filter(Boolean).join('\n\n');
  const author = userById(service, pull.authorId);
  if (order.style === 'squash') {
    const commits = await log(service.git, folder, { revisions: [head, `^${mergeBase}`], oldestFirst: true });
    const subjects = commits.map(({ message }) => `* ${message.split('\n')[0] ?? ''}`);
    const body = given[1] || (commits.length > 1 ? subjects.join('\n') : pull.body.trim());
    return [`${pull.title} (#${pull.number})`, body].filter(Boolean).join('\n\n');
  }
  const title = `Merge pull request '${pull.title}' (#${pull.number}) from ${pull.head} into ${pull.base}`;
  const reviewed = `Reviewed-on: ${service.publicUrl}/${record.owner}/${record.name}/pulls/${pull.number}`;
  return [title, given[1], `${reviewed}\nCo-authored-by: ${author.login} <${author.email}>`]
    .filter(Boolean)
    .join('\n\n');
}

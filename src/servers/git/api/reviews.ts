import { invalid } from '../errors.ts';
import type { ReviewRecord } from '../metadata/model.ts';
import { pullNumber } from '../pulls.ts';
import { reviewView } from '../views.ts';
import { json, type RepositoryCall, type WriteCall } from './call.ts';
import { paged } from './paging.ts';

function pullOf(call: RepositoryCall) {
  return call.pulls.get(call.repository.record, pullNumber(call.param('index')));
}

/** Oldest first. */
export async function list(call: RepositoryCall): Promise<Response> {
  const { record } = call.repository;
  const pull = pullOf(call);
  const reviews = call.pulls.reviews(record, pull.number);
  return paged(call, reviews, (review) => reviewView(call.service, record, review, pull));
}

/** A review with its verdict; comments on single lines are not part of this server. */
export async function create(call: WriteCall): Promise<Response> {
  const { service, repository, viewer } = call;
  const pull = pullOf(call);
  const fields = await call.fields();
  const verdict = fields.choice('event', ['APPROVED', 'REQUEST_CHANGES', 'COMMENT']);
  if (verdict === undefined) throw invalid('[event]: Required');
  if (pull.merged !== undefined || pull.state === 'closed') throw invalid('the pull request is closed');
  const isOwn = pull.authorId === viewer.user.id;
  if (isOwn && verdict === 'APPROVED') throw invalid('approve your own pull is not allowed');
  if (isOwn && verdict === 'REQUEST_CHANGES') throw invalid('reject your own pull is not allowed');
  const review: ReviewRecord = {
    id: service.store.nextId(),
    repositoryId: repository.record.id,
    number: pull.number,
    userId: viewer.user.id,
    verdict,
    body: verdict === 'APPROVED' ? (fields.optionalText('body') ?? '') : fields.text('body'),
    sha: pull.headSha,
    submitted: new Date().toISOString(),
  };
  await call.events.reviewed(repository, viewer.user, pull, review);
  return json(reviewView(service, repository.record, review, pull));
}

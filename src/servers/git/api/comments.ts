import type { CommentRecord } from '../metadata/model.ts';
import { pullNumber } from '../pulls.ts';
import { commentView } from '../views.ts';
import { json, type RepositoryCall, type WriteCall } from './call.ts';
import { paged } from './paging.ts';

function pullOf(call: RepositoryCall) {
  return call.pulls.get(call.repository.record, pullNumber(call.param('index')));
}

/** The pull request as an issue: comments live there, with Gitea too. */
export async function getIssue(call: RepositoryCall): Promise<Response> {
  return json(call.pulls.issueView(call.repository.record, pullOf(call)));
}

/** Oldest first. */
export async function list(call: RepositoryCall): Promise<Response> {
  const { record } = call.repository;
  const comments = call.pulls.comments(record, pullOf(call).number);
  return paged(call, comments, (comment) => commentView(call.service, record, comment));
}

export async function create(call: WriteCall): Promise<Response> {
  const pull = pullOf(call);
  const body = (await call.fields()).text('body');
  const now = new Date().toISOString();
  const comment: CommentRecord = {
    id: call.service.store.nextId(),
    repositoryId: call.repository.record.id,
    number: pull.number,
    userId: call.viewer.user.id,
    body,
    created: now,
    updated: now,
  };
  call.events.commented(call.repository, call.viewer.user, pull, comment);
  return json(commentView(call.service, call.repository.record, comment), 201);
}

import type { PullDocument } from '../../model/documents.ts';
import {
  choiceField,
  fieldsOf,
  found,
  numberOf,
  textField,
  type DashboardContext,
  type Parts,
  type Routes,
} from '../call.ts';

/** Pull requests: to read, to review, to comment, to merge. */
export function addPulls(routes: Routes, { playground, source }: Parts): void {
  const { git, config } = playground;
  const { organization: owner } = config;
  const base = '/api/repositories/:repository/pulls';
  const placeOf = (context: DashboardContext) =>
    [owner, context.req.param('repository') ?? '', numberOf(context.req.param('number') ?? '')] as const;

  routes.get(base, async (context) => {
    const repository = context.req.param('repository');
    return context.json(await git.recentPulls(owner, repository, 50));
  });
  routes.get(`${base}/:number`, async (context) => {
    const place = placeOf(context);
    const pull = found(await git.findPull(...place), 'such pull request');
    const [diff, comments, reviews] = await Promise.all([
      git.pullDiff(...place),
      git.listComments(...place),
      git.listReviews(...place),
    ]);
    const document: PullDocument = { pull, diff, comments, reviews };
    return context.json(document);
  });
  routes.post(`${base}/:number/merge`, async (context) => {
    const fields = await fieldsOf(context);
    await git.mergePull(...placeOf(context), {
      Do: choiceField(fields, 'style', ['merge', 'squash', 'rebase']),
      // What was looked at is merged, and not what was pushed meanwhile.
      head_commit_id: textField(fields, 'head'),
      delete_branch_after_merge: true,
    });
    source.changed('git');
    return context.json({});
  });
  routes.post(`${base}/:number/comments`, async (context) => {
    await git.createComment(...placeOf(context), textField(await fieldsOf(context), 'body'));
    source.changed('git');
    return context.json({});
  });
  routes.post(`${base}/:number/reviews`, async (context) => {
    const fields = await fieldsOf(context);
    await git.createReview(...placeOf(context), {
      event: choiceField(fields, 'event', ['APPROVED', 'REQUEST_CHANGES', 'COMMENT']),
      body: textField(fields, 'body', ''),
    });
    source.changed('git');
    return context.json({});
  });
  routes.post(`${base}/:number/close`, async (context) => {
    await git.editPull(...placeOf(context), { state: 'closed' });
    source.changed('git');
    return context.json({});
  });
}

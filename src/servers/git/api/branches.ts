import { conflict, forbidden, notFound } from '../errors.ts';
import { checkRefName } from '../metadata/names.ts';
import { readCommit, resolveCommit, type CommitEntry } from '../repository/commits.ts';
import { listRefs, NO_SHA, readRef } from '../repository/refs.ts';
import { updateRef } from '../repository/write.ts';
import { apiUrl, branchView } from '../views.ts';
import { json, noContent, type RepositoryCall, type WriteCall } from './call.ts';
import { paged } from './paging.ts';

async function commitOf(call: RepositoryCall, sha: string): Promise<CommitEntry> {
  const commit = await readCommit(call.service.objects, call.repository.folder, sha);
  if (commit === undefined) throw notFound();
  return commit;
}

export async function list(call: RepositoryCall): Promise<Response> {
  const refs = await listRefs(call.repository.folder, 'refs/heads/');
  const { record } = call.repository;
  return paged(call, refs, async ({ name, sha }) =>
    branchView(call.service, record, name.slice('refs/heads/'.length), await commitOf(call, sha)),
  );
}

export async function get(call: RepositoryCall): Promise<Response> {
  const name = call.param('branch');
  const sha = await readRef(call.repository.folder, branchRef(name));
  if (sha === undefined) throw notFound(`branch does not exist [name: ${name}]`);
  return json(branchView(call.service, call.repository.record, name, await commitOf(call, sha)));
}

export async function create(call: WriteCall): Promise<Response> {
  const { service, repository } = call;
  const fields = await call.fields();
  const name = fields.text('new_branch_name');
  checkRefName(name);
  const from =
    fields.optionalText('old_ref_name') ||
    fields.optionalText('old_branch_name') ||
    repository.record.defaultBranch;
  const after = await resolveCommit(service.objects, repository.folder, from);
  if (after === undefined) throw notFound('The old branch does not exist');
  await service.queues.run(repository.record.id, async () => {
    if ((await readRef(repository.folder, branchRef(name))) !== undefined) {
      throw conflict('The branch already exists.');
    }
    await updateRef(service.git, repository.folder, branchRef(name), { before: NO_SHA, after });
    const update = { ref: branchRef(name), before: NO_SHA, after };
    await call.events.moved(repository, call.viewer.user, [update]);
  });
  return json(branchView(service, repository.record, name, await commitOf(call, after)), 201);
}

export async function remove(call: WriteCall): Promise<Response> {
  const name = call.param('branch');
  if (name === call.repository.record.defaultBranch) throw forbidden('can not delete default branch');
  await removeRef(call, branchRef(name), `branch does not exist [name: ${name}]`);
  return noContent();
}

/** Deletes a branch or tag, with the events that this has. */
export async function removeRef(call: WriteCall, ref: string, missing: string): Promise<void> {
  const { service, repository } = call;
  await service.queues.run(repository.record.id, async () => {
    const before = await readRef(repository.folder, ref);
    if (before === undefined) throw notFound(missing);
    await updateRef(service.git, repository.folder, ref, { before, after: NO_SHA });
    await call.events.moved(repository, call.viewer.user, [{ ref, before, after: NO_SHA }]);
  });
}

function branchRef(name: string): string {
  checkRefName(name);
  return `refs/heads/${name}`;
}

/** `git/refs` and `git/refs/<prefix>`: a list, 404 when nothing is there. */
export async function listReferences(call: RepositoryCall): Promise<Response> {
  const prefix = `refs/${call.param('ref')}`;
  const refs = await listRefs(call.repository.folder, prefix);
  if (refs.length === 0) throw notFound();
  const url = apiUrl(call.service, call.repository.record);
  return json(
    await Promise.all(
      refs.map(async ({ name, sha }) => {
        const type = (await call.service.objects.info(call.repository.folder, sha))?.type ?? 'commit';
        const object = { type, sha, url: `${url}/git/${type}s/${sha}` };
        return { ref: name, url: `${url}/git/${name}`, object };
      }),
    ),
  );
}

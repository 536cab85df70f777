import { conflict, notFound } from '../errors.ts';
import { checkRefName } from '../metadata/names.ts';
import { resolveCommit } from '../repository/commits.ts';
import { listRefs, NO_SHA, readRef, type Ref } from '../repository/refs.ts';
import { updateRef } from '../repository/write.ts';
import { apiUrl } from '../views.ts';
import { removeRef } from './branches.ts';
import { json, noContent, type RepositoryCall, type WriteCall } from './call.ts';
import { paged } from './paging.ts';
import { signatureOf } from './signatures.ts';

async function view(call: RepositoryCall, { name, sha }: Ref) {
  const { objects } = call.service;
  const { folder, record } = call.repository;
  const [object, commit] = await Promise.all([
    objects.read(folder, sha),
    objects.info(folder, `${sha}^{commit}`),
  ]);
  const message =
    object?.type === 'tag'
      ? object.content
          .toString('utf8')
          .replace(/^.*?\n\n/s, '')
          .trim()
      : '';
  const url = apiUrl(call.service, record);
  const target = commit?.sha ?? sha;
  return {
    name: name.slice('refs/tags/'.length),
    message,
    id: sha,
    commit: { url: `${url}/git/commits/${target}`, sha: target, created: '0001-01-01T00:00:00Z' },
    zipball_url: '',
    tarball_url: '',
  };
}

export async function list(call: RepositoryCall): Promise<Response> {
  const refs = await listRefs(call.repository.folder, 'refs/tags/');
  return paged(call, refs, (ref) => view(call, ref));
}

export async function get(call: RepositoryCall): Promise<Response> {
  const name = `refs/tags/${call.param('tag')}`;
  checkRefName(call.param('tag'));
  const sha = await readRef(call.repository.folder, name);
  if (sha === undefined) throw notFound();
  return json(await view(call, { name, sha }));
}

/** Annotated when there is a message, else lightweight. */
export async function create(call: WriteCall): Promise<Response> {
  const { service, repository } = call;
  const fields = await call.fields();
  const tag = fields.text('tag_name');
  checkRefName(tag);
  const message = fields.optionalText('message') ?? '';
  const target = fields.optionalText('target') || repository.record.defaultBranch;
  const commit = await resolveCommit(service.objects, repository.folder, target);
  if (commit === undefined) throw notFound('target not found');
  const name = `refs/tags/${tag}`;
  const sha = await service.queues.run(repository.record.id, async () => {
    if ((await readRef(repository.folder, name)) !== undefined) throw conflict('tag already exists');
    const after = message === '' ? commit : await annotate(call, tag, commit, message);
    await updateRef(service.git, repository.folder, name, { before: NO_SHA, after });
    await call.events.moved(repository, call.viewer.user, [{ ref: name, before: NO_SHA, after }]);
    return after;
  });
  return json(await view(call, { name, sha }), 201);
}

async function annotate(call: WriteCall, tag: string, commit: string, message: string): Promise<string> {
  const { name, email } = signatureOf(call.viewer.user);
  const time = Math.floor(Date.now() / 1000);
  const input = `object ${commit}\ntype commit\ntag ${tag}\ntagger ${name} <${email}> ${time} +0000\n\n${message}\n`;
  const args = ['--git-dir', call.repository.folder, 'mktag'];
  return (await call.service.git.text(args, { input })).trim();
}

export async function remove(call: WriteCall): Promise<Response> {
  checkRefName(call.param('tag'));
  await removeRef(call, `refs/tags/${call.param('tag')}`, 'tag does not exist');
  return noContent();
}

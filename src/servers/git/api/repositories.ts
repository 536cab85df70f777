import { invalid, notFound } from '../errors.ts';
import type { RepositoryRecord } from '../metadata/model.ts';
import { checkRefName, checkRepositoryName } from '../metadata/names.ts';
import { hasBranches, readRef } from '../repository/refs.ts';
import { writeCommit } from '../repository/write.ts';
import { createRepository, current, deleteRepository, type Service } from '../service.ts';
import { repositoryView, userView } from '../views.ts';
import { json, noContent, type Call, type RepositoryCall, type UserCall, type WriteCall } from './call.ts';
import { owned } from './organizations.ts';
import { paged } from './paging.ts';
import { signatureOf } from './signatures.ts';

async function view(call: Call, record: RepositoryRecord) {
  return repositoryView(call.service, record, {
    access: call.service.accounts.accessTo(record, call.viewer?.user),
    empty: !(await hasBranches(call.service.folders.of(record))),
  });
}

export async function get(call: RepositoryCall): Promise<Response> {
  return json(await view(call, call.repository.record));
}

/** By `q` in name or description; `owner` and `private` as the viewer may see. */
export async function search(call: Call): Promise<Response> {
  const wanted = (call.query('q') ?? '').toLowerCase();
  const found = visible(call, (record) => `${record.owner}/${record.name}`.toLowerCase().includes(wanted));
  const response = await paged(call, found, (record) => view(call, record));
  const headers = Object.fromEntries(response.headers);
  return json({ ok: true, data: await response.json() }, 200, headers);
}

export async function listOfOwner(call: Call): Promise<Response> {
  const owner = (call.param('org') || call.param('username')).toLowerCase();
  const { accounts } = call.service;
  if (accounts.findOrganization(owner) === undefined && accounts.findUser(owner) === undefined)
    throw notFound();
  const found = visible(call, (record) => record.owner.toLowerCase() === owner);
  return paged(call, found, (record) => view(call, record));
}

export async function listOwn(call: UserCall): Promise<Response> {
  const found = visible(call, (record) => call.service.accounts.may(record, call.viewer.user, 'write'));
  return paged(call, found, (record) => view(call, record));
}

function visible(call: Call, matches: (record: RepositoryRecord) => boolean): RepositoryRecord[] {
  const { store, accounts } = call.service;
  return store.filter(
    'repositories',
    (record) => matches(record) && accounts.may(record, call.viewer?.user, 'read'),
  );
}

export async function createInOrganization(call: UserCall): Promise<Response> {
  return create(call, owned(call).name);
}

export async function createForUser(call: UserCall): Promise<Response> {
  return create(call, call.viewer.user.login);
}

async function create(call: UserCall, owner: string): Promise<Response> {
  const fields = await call.fields();
  const name = fields.text('name');
  const defaultBranch = fields.optionalText('default_branch') || 'main';
  checkRepositoryName(name);
  checkRefName(defaultBranch);
  const description = fields.optionalText('description') ?? '';
  const repository = await createRepository(call.service, {
    owner,
    name,
    description,
    private: fields.flag('private') ?? false,
    defaultBranch,
  });
  if (fields.flag('auto_init') === true) {
    const signature = signatureOf(call.viewer.user);
    await writeCommit(call.service, repository.folder, {
      ref: `refs/heads/${defaultBranch}`,
      parents: [],
      message: 'Initial commit',
      author: signature,
      committer: signature,
      tree: [
        {
          path: 'README.md',
          mode: '100644',
          content: Buffer.from(`# ${name}\n${description === '' ? '' : `\n${description}\n`}`),
        },
      ],
    });
  }
  return json(await view(call, repository.record), 201);
}

export async function edit(call: WriteCall): Promise<Response> {
  const { service, repository } = call;
  const fields = await call.fields();
  const renamed = fields.optionalText('name');
  if (renamed !== undefined && renamed !== repository.record.name) {
    throw invalid('a repository cannot be renamed here');
  }
  const defaultBranch = fields.optionalText('default_branch') || undefined;
  if (defaultBranch !== undefined) {
    const exists = (await readRef(repository.folder, `refs/heads/${defaultBranch}`)) !== undefined;
    if (!exists && (await hasBranches(repository.folder))) {
      throw notFound(`branch does not exist [name: ${defaultBranch}]`);
    }
    checkRefName(defaultBranch);
    await service.folders.setHead(repository.record, defaultBranch);
  }
  const record = current(service, repository.record);
  const edited: RepositoryRecord = {
    ...record,
    defaultBranch: defaultBranch ?? record.defaultBranch,
    description: fields.optionalText('description') ?? record.description,
    private: fields.flag('private') ?? record.private,
    updated: new Date().toISOString(),
  };
  service.store.commit(['put', 'repositories', edited]);
  return json(await view(call, edited));
}

export async function remove(call: WriteCall): Promise<Response> {
  await deleteRepository(call.service, call.repository.record);
  return noContent();
}

function collaborator(call: WriteCall) {
  const user = call.service.accounts.findUser(call.param('collaborator'));
  if (user === undefined) throw invalid(`user does not exist [name: ${call.param('collaborator')}]`);
  return user;
}

function setCollaborators(
  service: Service,
  record: RepositoryRecord,
  id: number,
  access?: 'read' | 'write' | 'admin',
) {
  const { [String(id)]: _before, ...others } = current(service, record).collaborators;
  const collaborators = access === undefined ? others : { ...others, [String(id)]: access };
  service.store.commit(['put', 'repositories', { ...current(service, record), collaborators }]);
}

export async function addCollaborator(call: WriteCall): Promise<Response> {
  const user = collaborator(call);
  const permission = (await call.fields()).choice('permission', ['read', 'write', 'admin']) ?? 'write';
  setCollaborators(call.service, call.repository.record, user.id, permission);
  return noContent();
}

export async function removeCollaborator(call: WriteCall): Promise<Response> {
  setCollaborators(call.service, call.repository.record, collaborator(call).id);
  return noContent();
}

export async function getCollaborator(call: WriteCall): Promise<Response> {
  if (call.repository.record.collaborators[String(collaborator(call).id)] === undefined) throw notFound();
  return noContent();
}

export async function listCollaborators(call: RepositoryCall): Promise<Response> {
  const ids = Object.keys(call.repository.record.collaborators).map(Number);
  const users = ids.flatMap((id) => call.service.store.get('users', id) ?? []);
  return paged(call, users, (user) => userView(call.service, user));
}

export async function getPermission(call: RepositoryCall): Promise<Response> {
  const user = call.service.accounts.findUser(call.param('collaborator'));
  if (user === undefined) throw notFound();
  const permission = call.service.accounts.accessTo(call.repository.record, user) ?? 'none';
  return json({ permission, role_name: permission, user: userView(call.service, user) });
}

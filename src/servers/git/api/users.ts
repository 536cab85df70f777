import { badRequest, forbidden, notFound, unauthorized } from '../errors.ts';
import type { UserRecord } from '../metadata/model.ts';
import { userView } from '../views.ts';
import { json, noContent, type Call, type UserCall } from './call.ts';
import { paged } from './paging.ts';

function named(call: Call): UserRecord {
  const user = call.service.accounts.findUser(call.param('username'));
  if (user === undefined) throw notFound(`user does not exist [name: ${call.param('username')}]`);
  return user;
}

export async function getCurrent(call: UserCall): Promise<Response> {
  return json(userView(call.service, call.viewer.user));
}

export async function get(call: Call): Promise<Response> {
  return json(userView(call.service, named(call)));
}

export async function create(call: UserCall): Promise<Response> {
  const fields = await call.fields();
  const user = await call.service.accounts.createUser({
    username: fields.text('username'),
    password: fields.text('password'),
    email: fields.text('email'),
    fullName: fields.optionalText('full_name') ?? '',
  });
  return json(userView(call.service, user), 201);
}

export async function edit(call: UserCall): Promise<Response> {
  const user = named(call);
  const fields = await call.fields();
  const { service } = call;
  const password = fields.optionalText('password');
  if (password !== undefined && password !== '') await service.accounts.changePassword(user, password);
  const latest = service.store.get('users', user.id) ?? user;
  const edited = {
    ...latest,
    email: fields.optionalText('email') ?? latest.email,
    fullName: fields.optionalText('full_name') ?? latest.fullName,
    admin: fields.flag('admin') ?? latest.admin,
  };
  service.store.commit(['put', 'users', edited]);
  return json(userView(service, edited));
}

export async function list(call: UserCall): Promise<Response> {
  return paged(call, [...call.service.store.all('users')], (user) => userView(call.service, user));
}

export async function remove(call: UserCall): Promise<Response> {
  call.service.accounts.deleteUser(named(call));
  return noContent();
}

/** Tokens belong to their user alone, and are managed with a password: a stolen token must not make others. */
function ownTokens(call: UserCall): UserRecord {
  if (!call.viewer.byPassword) throw unauthorized('auth required: use a password and no token');
  const user = named(call);
  if (user.id !== call.viewer.user.id && !call.viewer.user.admin)
    throw forbidden('tokens of others are hidden');
  return user;
}

export async function listTokens(call: UserCall): Promise<Response> {
  return paged(call, call.service.accounts.listTokens(ownTokens(call)), (token) => ({
    id: token.id,
    name: token.name,
    sha1: '',
    token_last_eight: token.lastEight,
    scopes: token.scopes,
  }));
}

export async function createToken(call: UserCall): Promise<Response> {
  const user = ownTokens(call);
  const fields = await call.fields();
  const scopes = fields.texts('scopes') ?? [];
  if (scopes.length === 0) throw badRequest('access token must have a scope');
  const { record, token } = call.service.accounts.createToken(user, fields.text('name'), scopes);
  const { id, name, lastEight } = record;
  return json({ id, name, sha1: token, token_last_eight: lastEight, scopes }, 201);
}

export async function removeToken(call: UserCall): Promise<Response> {
  call.service.accounts.deleteToken(ownTokens(call), call.param('token'));
  return noContent();
}

import { forbidden, notFound } from '../errors.ts';
import type { OrganizationRecord } from '../metadata/model.ts';
import { organizationView } from '../views.ts';
import { json, noContent, type Call, type UserCall } from './call.ts';
import { paged } from './paging.ts';

function named(call: Call): OrganizationRecord {
  const organization = call.service.accounts.findOrganization(call.param('org'));
  if (organization === undefined) throw notFound();
  return organization;
}

/** @throws GitServerError 403 for everybody but its owner and site administrators. */
export function owned(call: UserCall): OrganizationRecord {
  const organization = named(call);
  const { user } = call.viewer;
  if (!user.admin && organization.ownerId !== user.id) {
    throw forbidden('Must be an organization owner');
  }
  return organization;
}

export async function get(call: Call): Promise<Response> {
  return json(organizationView(named(call)));
}

export async function list(call: Call): Promise<Response> {
  return paged(call, [...call.service.store.all('organizations')], organizationView);
}

export async function create(call: UserCall): Promise<Response> {
  const fields = await call.fields();
  const organization = call.service.accounts.createOrganization(call.viewer.user, {
    name: fields.text('username'),
    fullName: fields.optionalText('full_name') ?? '',
    description: fields.optionalText('description') ?? '',
  });
  return json(organizationView(organization), 201);
}

export async function remove(call: UserCall): Promise<Response> {
  call.service.accounts.deleteOrganization(owned(call));
  return noContent();
}

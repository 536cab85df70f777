import type { KubernetesObject } from '../cluster.ts';
import { alreadyExists, badRequest } from '../errors.ts';
import { typeKey, type Kind } from '../kinds.ts';
import { withRules } from '../schemas/rules.ts';
import { tableOf } from '../table/table.ts';
import { acceptedForm, includeOf, partial } from './accept.ts';
import { asKind, decodeBody, readRaw } from './body.ts';
import type { Answer, Call } from './call.ts';
import { checkName, checkNamespace, liveObject, writeOptions, type ObjectCall } from './object-call.ts';
import { patchObject } from './patches.ts';

export function getObject(request: ObjectCall): Answer {
  const live = liveObject(request);
  return { status: 200, body: shown(request, live) };
}

/** An object in the form that the client accepts. */
function shown({ call, presentation }: ObjectCall, object: KubernetesObject): object {
  const form = acceptedForm(call.request.headers.accept);
  const visible = presentation.show(object);
  if (form === 'table') {
    return tableOf(
      presentation,
      [visible],
      { resourceVersion: object.metadata.resourceVersion ?? '' },
      includeOf(call),
    );
  }
  return form === 'metadata' ? partial(visible, 'PartialObjectMetadata') : visible;
}

export async function createObject(request: ObjectCall): Promise<Answer> {
  const { call, cluster, presentation, path } = request;
  const { kind, version } = presentation;
  const object = asKind(call, kind, version, decodeBody(await readRaw(call), call.contentType));
  checkNamespace(object, path);
  if (object.metadata.resourceVersion !== undefined && object.metadata.resourceVersion !== '') {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  const name = object.metadata.name as string | undefined;
  if (name !== undefined && name !== '' && cluster.get(kind, path.namespace, name) !== undefined) {
    throw alreadyExists(kind, name);
  }
  warnAbout(call, kind);
  const made = await withRules(() => cluster.create(kind, presentation.take(object), writeOptions(request)));
  return { status: 201, body: shown(request, made) };
}

function warnAbout(call: Call, kind: Kind): void {
  if (typeKey(kind) === 'networking.k8s.io/networkpolicies') {
    call.warnings.push('NetworkPolicies are stored but not enforced here; the engine k3d enforces them');
  }
}

export async function updateObject(request: ObjectCall): Promise<Answer> {
  const { call, cluster, presentation, path, subresource } = request;
  const { kind, version } = presentation;
  const object = asKind(call, kind, version, decodeBody(await readRaw(call), call.contentType));
  checkNamespace(object, path);
  checkName(object, path);
  liveObject(request);
  const updated = await withRules(() =>
    cluster.update(kind, presentation.take(object), subresource, writeOptions(request)),
  );
  return { status: 200, body: shown(request, updated) };
}

export async function patchedObject(request: ObjectCall): Promise<Answer> {
  const raw = await readRaw(request.call);
  const { object, created } = await withRules(() => patchObject(request, raw));
  return { status: created ? 201 : 200, body: shown(request, object) };
}

import type { DeleteOptions, KubernetesObject } from '../cluster.ts';
import { ApiError, alreadyExists, badRequest, notFound } from '../errors.ts';
import { apiVersionOf, typeKey, type Kind } from '../kinds.ts';
import { trackUpdate } from '../patch/managed-fields.ts';
import { schemaOf } from '../schemas/builtin.ts';
import { parseFieldSelector } from '../selectors/fields.ts';
import { parseLabelSelector } from '../selectors/labels.ts';
import type { ClusterStore, WriteOptions } from '../storage/cluster-store.ts';
import { asArray, asObject, type JsonObject } from '../storage/json.ts';
import { tableOf } from '../table/table.ts';
import { acceptedForm, type Form } from './accept.ts';
import { asKind, decodeBody, readRaw } from './body.ts';
import { success, type Answer, type Call } from './call.ts';
import { patchObject } from './patches.ts';
import type { ResourcePath } from './paths.ts';
import type { Presentation } from './presentation.ts';

/** A request for objects of one kind. */
export interface ObjectCall {
  readonly call: Call;
  readonly cluster: ClusterStore;
  readonly path: ResourcePath;
  readonly presentation: Presentation;
  /** The object that stands in the URL is this half of it. */
  readonly subresource: 'status' | undefined;
}

export type Matcher = (object: KubernetesObject) => boolean;

/** Whether an object is one that the request selects. */
export function selection({ call, path, presentation }: ObjectCall): Matcher {
  const labels = parseLabelSelector(call.query('labelSelector'));
  const fields = parseFieldSelector(presentation.kind, call.query('fieldSelector'));
  return (object) =>
    (path.namespace === undefined || object.metadata.namespace === path.namespace) &&
    (path.name === undefined || object.metadata.name === path.name) &&
    labels(object.metadata.labels) &&
    fields(object);
}

/** The object that the URL names. @throws ApiError `NotFound`. */
export function liveObject({ cluster, path, presentation }: ObjectCall): KubernetesObject {
  const { name = '', namespace } = path;
  const live = cluster.get(presentation.kind, namespace, name);
  if (live === undefined) throw notFound(presentation.kind, name);
  return live;
}

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

export function includeOf(call: Call): 'None' | 'Metadata' | 'Object' {
  const include = call.query('includeObject');
  return include === 'None' || include === 'Object' ? include : 'Metadata';
}

export function partial({ metadata }: KubernetesObject, kind: string): object {
  return { kind, apiVersion: 'meta.k8s.io/v1', metadata };
}

interface Page {
  readonly items: readonly KubernetesObject[];
  readonly metadata: JsonObject;
}

export function listObjects(request: ObjectCall): Answer {
  const { call, presentation } = request;
  const page = pageOf(request);
  const items = page.items.map(presentation.show);
  const form: Form = acceptedForm(call.request.headers.accept);
  if (form === 'table') {
    return { status: 200, body: tableOf(presentation, items, page.metadata, includeOf(call)) };
  }
  if (form === 'metadata') {
    const metadata = items.map((item) => partial(item, 'PartialObjectMetadata'));
    const body = {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: page.metadata,
      items: metadata,
    };
    return { status: 200, body };
  }
  const { kind } = presentation;
  return {
    status: 200,
    body: {
      kind: kind.custom?.listKind ?? `${kind.kind}List`,
      apiVersion: presentation.apiVersion,
      metadata: page.metadata,
      // Lists of built-in kinds leave the type of their items out, as the API always has.
      items: kind.custom === undefined ? items.map(withoutType) : items,
    },
  };
}

function withoutType({ apiVersion: _apiVersion, kind: _kind, ...rest }: KubernetesObject): object {
  return rest;
}

function pageOf(request: ObjectCall): Page {
  const { call, cluster, presentation } = request;
  requireReachable(call.query('resourceVersion'), cluster);
  const matches = selection(request);
  const all = cluster.list(presentation.kind).filter(matches);
  const limit = call.number('limit') ?? 0;
  const token = readToken(call.query('continue'));
  const keyOf = ({ metadata }: KubernetesObject) => `${metadata.namespace ?? ''}/${metadata.name}`;
  const rest = token === undefined ? all : all.filter((object) => keyOf(object) > token.after);
  const items = limit === 0 ? rest : rest.slice(0, limit);
  const last = items.at(-1);
  // A later page answers with the first page's revision, so that a watch from there misses nothing.
  const revision = token?.revision ?? String(cluster.revision());
  if (items.length === rest.length || last === undefined) {
    return { items, metadata: { resourceVersion: revision } };
  }
  return {
    items,
    metadata: {
      resourceVersion: revision,
      continue: Buffer.from(JSON.stringify({ revision, after: keyOf(last) })).toString('base64url'),
      remainingItemCount: rest.length - items.length,
    },
  };
}

function readToken(text: string | undefined): { revision: string; after: string } | undefined {
  if (text === undefined) return undefined;
  try {
    const { revision, after } = asObject(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (typeof revision === 'string' && typeof after === 'string') return { revision, after };
  } catch {
    // Told below.
  }
  throw badRequest('continue key is not valid');
}

function requireReachable(resourceVersion: string | undefined, cluster: ClusterStore): void {
  if (resourceVersion === undefined) return;
  if (!/^\d{1,15}$/.test(resourceVersion)) {
    throw badRequest(`resourceVersion: Invalid value: "${resourceVersion}": must be a number`);
  }
  if (Number(resourceVersion) > cluster.revision()) {
    throw new ApiError(
      'Expired',
      `Too large resource version: ${resourceVersion}, current: ${cluster.revision()}`,
    );
  }
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
  const made = cluster.create(kind, presentation.take(object), writeOptions(request));
  return { status: 201, body: shown(request, made) };
}

/** The namespace of the URL holds; an object may repeat it, but not contradict it. */
export function checkNamespace(object: KubernetesObject, path: ResourcePath): void {
  const { namespace } = object.metadata;
  if (namespace === undefined || namespace === '') {
    if (path.namespace === undefined) delete object.metadata.namespace;
    else object.metadata.namespace = path.namespace;
  } else if (path.namespace !== undefined && namespace !== path.namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
}

function warnAbout(call: Call, kind: Kind): void {
  if (typeKey(kind) === 'networking.k8s.io/networkpolicies') {
    call.warnings.push(
      'NetworkPolicies are stored but not enforced by the embedded engine; use the engine k3d',
    );
  }
}

export async function updateObject(request: ObjectCall): Promise<Answer> {
  const { call, cluster, presentation, path, subresource } = request;
  const { kind, version } = presentation;
  const object = asKind(call, kind, version, decodeBody(await readRaw(call), call.contentType));
  checkNamespace(object, path);
  checkName(object, path);
  liveObject(request);
  const updated = cluster.update(kind, presentation.take(object), subresource, writeOptions(request));
  return { status: 200, body: shown(request, updated) };
}

/** @throws ApiError `BadRequest` when the object has another name than the URL. */
export function checkName(object: KubernetesObject, path: ResourcePath): void {
  const name = object.metadata.name as string | undefined;
  if (name === undefined || name === '') object.metadata.name = path.name ?? '';
  else if (name !== path.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${path.name ?? ''})`,
    );
  }
}

export async function patchedObject(request: ObjectCall): Promise<Answer> {
  const { object, created } = patchObject(request, await readRaw(request.call));
  return { status: created ? 201 : 200, body: shown(request, object) };
}

/** Stores, and notes the caller as the owner of what changes. */
export function writeOptions({ call, presentation, subresource }: ObjectCall): WriteOptions {
  const { kind, version } = presentation;
  const { schema, definitions } = schemaOf(kind, version);
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const manager = call.fieldManager;
  return {
    dryRun: call.dryRun,
    track: (live, next) => {
      trackUpdate(live, next, {
        manager,
        apiVersion: apiVersionOf({ group: kind.group, version }),
        subresource: subresource ?? '',
        schema,
        definitions,
        hasStatus: kind.subresources?.includes('status') === true,
        now,
      });
    },
  };
}

export async function deleteObject(request: ObjectCall): Promise<Answer> {
  const { call, cluster, presentation, path } = request;
  const { kind } = presentation;
  const { name = '', namespace } = path;
  const options = await readDeleteOptions(call);
  const live = liveObject(request);
  const left = cluster.delete(kind, namespace, name, options);
  const present = cluster.get(kind, namespace, name);
  if (present !== undefined) return { status: 200, body: presentation.show(left ?? present) };
  return success({
    name,
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.resource,
    uid: live.metadata.uid,
  });
}

export async function deleteCollection(request: ObjectCall): Promise<Answer> {
  const { call, cluster, presentation } = request;
  const { kind } = presentation;
  const options = await readDeleteOptions(call);
  const chosen = cluster.list(kind).filter(selection(request));
  for (const { metadata } of chosen) cluster.delete(kind, metadata.namespace, metadata.name, options);
  return {
    status: 200,
    body: {
      kind: kind.custom?.listKind ?? `${kind.kind}List`,
      apiVersion: presentation.apiVersion,
      metadata: { resourceVersion: String(cluster.revision()) },
      items: chosen.map(presentation.show),
    },
  };
}

/** Options stand in the body, or as parameters in the URL. */
async function readDeleteOptions(call: Call): Promise<DeleteOptions & WriteOptions> {
  const raw = await readRaw(call);
  const body: JsonObject = raw.length === 0 ? {} : decodeBody(raw, call.contentType).value;
  const grace = body.gracePeriodSeconds ?? call.number('gracePeriodSeconds');
  const policy = body.propagationPolicy ?? call.query('propagationPolicy');
  const orphan = body.orphanDependents === true || call.flag('orphanDependents');
  const { uid, resourceVersion } = asObject(body.preconditions);
  if (grace !== undefined && (typeof grace !== 'number' || grace < 0)) {
    throw badRequest('gracePeriodSeconds: must be a number from zero');
  }
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    throw badRequest(
      `propagationPolicy: Unsupported value: ${JSON.stringify(policy)}: supported values: "Background", "Foreground", "Orphan"`,
    );
  }
  return {
    dryRun: call.dryRun || asArray(body.dryRun).includes('All'),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === undefined
      ? orphan
        ? { propagationPolicy: 'Orphan' }
        : {}
      : { propagationPolicy: policy }),
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
  };
}

import type { KubernetesObject } from '../cluster.ts';
import { ApiError, badRequest } from '../errors.ts';
import type { ClusterStore } from '../storage/cluster-store.ts';
import { asObject, type JsonObject } from '../storage/json.ts';
import { tableOf } from '../table/table.ts';
import { acceptedForm, includeOf, partial, type Form } from './accept.ts';
import type { Answer } from './call.ts';
import { selection, type ObjectCall } from './object-call.ts';

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

import type { KubernetesObject } from '../cluster.ts';
import { badRequest, notFound } from '../errors.ts';
import { apiVersionOf } from '../kinds.ts';
import { trackUpdate } from '../patch/managed-fields.ts';
import { schemaOf } from '../schemas/builtin.ts';
import { parseFieldSelector } from '../selectors/fields.ts';
import { parseLabelSelector } from '../selectors/labels.ts';
import type { ClusterStore, WriteOptions } from '../storage/cluster-store.ts';
import type { Call } from './call.ts';
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

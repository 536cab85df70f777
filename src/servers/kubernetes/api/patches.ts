import { parse as parseYaml } from 'yaml';
import { messageOf } from '../../../lib/errors.ts';
import type { KubernetesObject } from '../cluster.ts';
import { ApiError, badRequest } from '../errors.ts';
import { applyConfiguration } from '../patch/apply.ts';
import { applyJsonPatch } from '../patch/json.ts';
import { mergePatch } from '../patch/merge.ts';
import { strategicMerge } from '../patch/strategic.ts';
import { schemaOf } from '../schemas/builtin.ts';
import { cloneJson, isObject, type JsonObject } from '../storage/json.ts';
import { asKind } from './body.ts';
import { checkName, checkNamespace, liveObject, writeOptions, type ObjectCall } from './object-call.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

/** The result of a patch that was stored. */
export interface Patched {
  readonly object: KubernetesObject;
  /** Only server-side apply makes objects that were not there. */
  readonly created: boolean;
}

/** Patches the object of the URL by the content type of the request, and stores it. */
export function patchObject(request: ObjectCall, raw: Buffer): Patched {
  if (request.call.contentType === APPLY) return applyObject(request, raw);
  const { call, cluster, presentation, path, subresource } = request;
  const { kind, version } = presentation;
  const live = liveObject(request);
  const value = patchedValue(request, presentation.show(live), parsePatch(raw)) as JsonObject;
  const object = asKind(call, kind, version, { value, duplicates: [] });
  checkNamespace(object, path);
  checkName(object, path);
  const stored = cluster.update(kind, presentation.take(object), subresource, writeOptions(request));
  return { object: stored, created: false };
}

/** The new state of a value after the request's JSON, merge or strategic merge patch. */
export function patchedValue({ call, presentation }: ObjectCall, live: object, patch: unknown): unknown {
  switch (call.contentType) {
    case JSON_PATCH:
      return applyJsonPatch(live, patch);
    case MERGE_PATCH:
      requireObject(patch);
      return mergePatch(live, patch);
    case STRATEGIC:
      if (presentation.kind.custom === undefined) {
        requireObject(patch);
        const { schema, definitions } = schemaOf(presentation.kind, presentation.version);
        return strategicMerge(live as JsonObject, patch, schema, definitions);
      }
  }
  const accepted = [
    JSON_PATCH,
    MERGE_PATCH,
    ...(presentation.kind.custom === undefined ? [STRATEGIC] : []),
    APPLY,
  ];
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

function requireObject(patch: unknown): asserts patch is JsonObject {
  if (!isObject(patch)) throw badRequest('error decoding patch: it is no object');
}

export function parsePatch(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8')) as unknown;
  } catch (error) {
    throw badRequest(`error decoding patch: ${messageOf(error)}`);
  }
}

function applyObject(request: ObjectCall, raw: Buffer): Patched {
  const { call, cluster, presentation, path, subresource } = request;
  const { kind, version } = presentation;
  const manager = call.query('fieldManager');
  if (manager === undefined) {
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  }
  const config = asKind(call, kind, version, { value: parseConfiguration(raw), duplicates: [] });
  if (config.metadata.managedFields !== undefined) {
    throw badRequest('metadata.managedFields must be nil');
  }
  checkNamespace(config, path);
  checkName(config, path);
  const live = cluster.get(kind, path.namespace, path.name ?? '');
  const { schema, definitions } = schemaOf(kind, version);
  const result = applyConfiguration(live === undefined ? undefined : presentation.show(live), {
    config,
    manager,
    apiVersion: presentation.apiVersion,
    subresource: subresource ?? '',
    force: call.flag('force'),
    schema,
    definitions,
    hasStatus: kind.subresources?.includes('status') === true,
    now: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  const next = presentation.take(result);
  const options = { dryRun: call.dryRun };
  if (live !== undefined) {
    return { object: cluster.update(kind, next, subresource, options), created: false };
  }
  if (subresource !== undefined) liveObject(request);
  return { object: cluster.create(kind, next, options), created: true };
}

function parseConfiguration(raw: Buffer): JsonObject {
  const text = raw.toString('utf8');
  let value: unknown;
  try {
    value = text.trimStart().startsWith('{') ? JSON.parse(text) : parseYaml(text, { version: '1.1' });
  } catch (error) {
    throw badRequest(`error decoding YAML: ${messageOf(error)}`);
  }
  if (!isObject(value)) throw badRequest('error decoding YAML: the configuration is no object');
  return cloneJson(value);
}

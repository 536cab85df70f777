import type { KubernetesObject } from '../cluster.ts';
import { ApiError, badRequest, conflict } from '../errors.ts';
import type { ScalePaths } from '../kinds.ts';
import { withRules } from '../schemas/rules.ts';
import { selectorText } from '../selectors/labels.ts';
import { asObject, cloneJson, isObject, type JsonObject } from '../storage/json.ts';
import { decodeBody, readRaw } from './body.ts';
import type { Answer } from './call.ts';
import { liveObject, writeOptions, type ObjectCall } from './object-call.ts';
import { parsePatch, patchedValue } from './patches.ts';

const BUILT_IN: ScalePaths = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };

/** Serves `scale`: how many replicas there are and should be, as `autoscaling/v1` Scale. */
export async function serveScale(request: ObjectCall): Promise<Answer> {
  const { call, cluster, presentation } = request;
  const paths = pathsOf(request);
  const live = liveObject(request);
  if (call.method === 'GET') return { status: 200, body: scaleOf(live, paths) };
  const raw = await readRaw(call);
  const wanted =
    call.method === 'PUT'
      ? decodeBody(raw, call.contentType).value
      : asObject(patchedValue(request, scaleOf(live, paths), parsePatch(raw)));
  const { resourceVersion } = asObject(wanted.metadata);
  if (
    typeof resourceVersion === 'string' &&
    resourceVersion !== '' &&
    resourceVersion !== live.metadata.resourceVersion
  ) {
    throw conflict(
      presentation.kind,
      live.metadata.name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  // A Scale without replicas asks for none: zero is what its field means when it is left out.
  const replicas = asObject(wanted.spec).replicas ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas))
    throw badRequest('spec.replicas: must be a whole number');
  if (replicas < 0) {
    throw new ApiError(
      'Invalid',
      `Scale.autoscaling "${live.metadata.name}" is invalid: spec.replicas: Invalid value: ${replicas}: must be greater than or equal to 0`,
    );
  }
  const next = cloneJson(live);
  writePath(next, paths.specReplicasPath, replicas);
  const stored = await withRules(() =>
    cluster.update(presentation.kind, next, undefined, writeOptions(request)),
  );
  return { status: 200, body: scaleOf(stored, paths) };
}

function pathsOf({ presentation }: ObjectCall): ScalePaths {
  const { kind, version } = presentation;
  if (kind.custom === undefined) return BUILT_IN;
  const paths = kind.custom.versions.find((candidate) => candidate.name === version)?.scale;
  if (paths === undefined) throw new ApiError('NotFound', 'the server could not find the requested resource');
  return paths;
}

function scaleOf(object: KubernetesObject, paths: ScalePaths): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector =
    paths === BUILT_IN
      ? selectorText(asObject(asObject(object.spec).selector))
      : paths.labelSelectorPath === undefined
        ? undefined
        : readPath(object, paths.labelSelectorPath);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: readPath(object, paths.specReplicasPath) ?? 0 },
    status: {
      replicas: readPath(object, paths.statusReplicasPath) ?? 0,
      ...(typeof selector === 'string' ? { selector } : {}),
    },
  };
}

function readPath(object: unknown, path: string): unknown {
  let value = object;
  for (const key of path.split('.').slice(1)) value = asObject(value)[key];
  return value;
}

function writePath(object: JsonObject, path: string, value: unknown): void {
  const keys = path.split('.').slice(1);
  const last = keys.pop() ?? '';
  let parent = object;
  for (const key of keys) {
    const below = parent[key];
    if (isObject(below)) parent = below;
    else {
      const made: JsonObject = {};
      parent[key] = made;
      parent = made;
    }
  }
  parent[last] = value;
}

import type { DeleteOptions } from '../cluster.ts';
import { badRequest } from '../errors.ts';
import type { WriteOptions } from '../storage/cluster-store.ts';
import { asArray, asObject, type JsonObject } from '../storage/json.ts';
import { decodeBody, readRaw } from './body.ts';
import { success, type Answer, type Call } from './call.ts';
import { liveObject, selection, type ObjectCall } from './object-call.ts';

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

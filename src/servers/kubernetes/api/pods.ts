import { pipeline } from 'node:stream/promises';
import type { KubernetesObject, LogOptions, NodeAgent } from '../cluster.ts';
import { ApiError, badRequest, notFound } from '../errors.ts';
import { apiVersionOf } from '../kinds.ts';
import { asArray, asObject, cloneJson } from '../storage/json.ts';
import { decodeBody, readRaw } from './body.ts';
import { success, type Answer, type Call } from './call.ts';
import { liveObject, type ObjectCall } from './object-call.ts';

const PODS = { group: '', resource: 'pods' };

/** The container that a request means: the one that it names, or the pod's only one. */
export function containerOf(pod: KubernetesObject, asked: string | undefined): string {
  const spec = asObject(pod.spec);
  const names = [...asArray(spec.containers), ...asArray(spec.initContainers)].map((container) =>
    String(asObject(container).name),
  );
  const { name } = pod.metadata;
  if (asked !== undefined) {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const main = asArray(spec.containers).map((container) => String(asObject(container).name));
  const marked = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (marked !== undefined && main.includes(marked)) return marked;
  const [only] = main;
  if (main.length === 1 && only !== undefined) return only;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
}

/** Serves `pods/NAME/log`, following it for as long as the client stays. */
export async function serveLog(request: ObjectCall, agent: NodeAgent): Promise<Answer> {
  const { call, path } = request;
  const pod = liveObject(request);
  const options: LogOptions = {
    container: containerOf(pod, call.query('container')),
    follow: call.flag('follow'),
    previous: call.flag('previous'),
    timestamps: call.flag('timestamps'),
    ...numbers(call, ['tailLines', 'sinceSeconds', 'limitBytes']),
  };
  const log = agent.logs(path.namespace ?? '', path.name ?? '', options);
  const { response } = call;
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  try {
    await pipeline(log, response);
  } catch {
    // The reader has gone, or the log broke off: the connection's end tells it.
    log.destroy();
  }
  return undefined;
}

function numbers(call: Call, names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of names) {
    const value = call.number(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** Evicts a pod (`policy/v1`): the same as deleting it, as there are no disruption budgets here. */
export async function serveEviction(request: ObjectCall): Promise<Answer> {
  const { call, cluster, path } = request;
  const pod = liveObject(request);
  const { value } = decodeBody(await readRaw(call), call.contentType);
  const { gracePeriodSeconds, dryRun } = asObject(value.deleteOptions);
  cluster.delete(PODS, path.namespace, pod.metadata.name, {
    dryRun: call.dryRun || asArray(dryRun).includes('All'),
    ...(typeof gracePeriodSeconds === 'number' ? { gracePeriodSeconds } : {}),
  });
  return { ...success(), status: 201, body: success()?.body ?? {} };
}

/** Assigns a pod to a node (`pods/NAME/binding`), as schedulers do. */
export async function serveBinding(request: ObjectCall): Promise<Answer> {
  const { call, cluster } = request;
  const { value } = decodeBody(await readRaw(call), call.contentType);
  const pod = cloneJson(liveObject(request));
  const node = asObject(value.target).name;
  if (typeof node !== 'string' || node === '') throw badRequest('target.name: Required value');
  if (cluster.get({ group: '', resource: 'nodes' }, undefined, node) === undefined) {
    throw notFound({ group: '', resource: 'nodes' }, node);
  }
  const spec = asObject(pod.spec);
  if (typeof spec.nodeName === 'string' && spec.nodeName !== '') {
    throw new ApiError('Conflict', `pod ${pod.metadata.name} is already assigned to node "${spec.nodeName}"`);
  }
  pod.spec = { ...spec, nodeName: node };
  cluster.update(PODS, pod, undefined, { dryRun: call.dryRun });
  return { status: 201, body: success()?.body ?? {} };
}

/** Lets a namespace that is going go: `namespaces/NAME/finalize` replaces `spec.finalizers`. */
export async function serveFinalize(request: ObjectCall): Promise<Answer> {
  const { call, cluster, presentation } = request;
  const { value } = decodeBody(await readRaw(call), call.contentType);
  const live = liveObject(request);
  const finalizers = asArray(asObject(value.spec).finalizers);
  const stored = cluster.update(
    presentation.kind,
    { ...live, spec: { ...asObject(live.spec), finalizers } },
    undefined,
    { dryRun: call.dryRun },
  );
  return { status: 200, body: { ...stored, apiVersion: apiVersionOf(presentation.kind) } };
}

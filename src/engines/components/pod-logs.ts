import { createInterface } from 'node:readline';
import { connectKubernetes, type KubernetesClient } from '../../clients/kubernetes.ts';
import { podType, type Pod } from '../../clients/kubernetes-objects.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Component as Part } from '../engine.ts';
import { componentsOf } from './catalog.ts';
import { clusterFolders, type ClusterState } from './state.ts';

/** Lines of each container that are shown without `--follow`. */
const TAIL = 200;

/** The logs of the pods of one part, or of all parts; `kubernetes` are the pods of the cluster itself. */
export async function* podLogs(
  state: ClusterState,
  context: string,
  part: Part | undefined,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const cluster = await connectKubernetes({ file: clusterFolders(state.config.name).kubeconfig, context });
  const namespaces = componentsOf(state.config)
    .filter(({ id }) => part === undefined || id === part)
    .map(({ namespace }) => namespace);
  if (part === 'kubernetes' || part === undefined) namespaces.push('kube-system');
  const sources = await Promise.all(
    [...new Set(namespaces)].map(async (namespace) => {
      const { items } = await cluster.list<Pod>(podType, { namespace });
      return items.flatMap((pod) =>
        pod.spec.containers.map(({ name }) => ({
          namespace,
          pod: pod.metadata.name,
          container: name,
        })),
      );
    }),
  );
  yield* merge(sources.flat(), cluster, follow, signal);
}

interface Source {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** Lines of many containers as they come: without `follow`, all of each that are there, in the order of their times. */
async function* merge(
  sources: readonly Source[],
  cluster: KubernetesClient,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const lines: string[] = [];
  let wake: () => void = () => undefined;
  let open = sources.length;
  for (const source of sources) {
    void read(source, cluster, follow, signal, (line) => {
      lines.push(line);
      wake();
    }).finally(() => {
      open -= 1;
      wake();
    });
  }
  while (open > 0 || lines.length > 0) {
    // Every line begins with its time, so sorting the texts merges the pods.
    if (lines.length > 0 && (follow || open === 0)) yield* lines.splice(0).sort();
    if (open === 0 && lines.length === 0) return;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (follow ? lines.length > 0 : open === 0) resolve();
    });
  }
}

async function read(
  { namespace, pod, container }: Source,
  cluster: KubernetesClient,
  follow: boolean,
  signal: AbortSignal,
  emit: (line: string) => void,
): Promise<void> {
  try {
    const stream = await cluster.logs(namespace, pod, {
      container,
      follow,
      timestamps: true,
      tailLines: TAIL,
      signal,
    });
    for await (const line of createInterface({ input: stream })) {
      const [time = '', ...text] = line.split(' ');
      emit(`${time} ${pod}/${container}: ${text.join(' ')}`);
    }
  } catch (error) {
    // A container that has not started has no log; its absence must not end the logs of the others.
    if (!signal.aborted)
      emit(`${new Date().toISOString()} ${pod}/${container}: no log (${messageOf(error)})`);
  }
}

import { renameSync, writeFileSync } from 'node:fs';
import type { Cluster } from '../cluster.ts';
import { SERVICE_NAME } from '../controllers/endpoint-slices.ts';
import { stopAll, type Stop } from '../controllers/controller.ts';
import { types, type EndpointSlice, type Service } from '../controllers/objects.ts';
import type { ServiceNames } from './runtime.ts';

/** Where a cluster IP and port really answer, when not there. */
export interface RedirectSource {
  redirects(): ServiceNames['redirects'];
  /** Calls back after each change. */
  onRedirects(listener: () => void): Stop;
}

/** Keeps the file in which containers look up the addresses of Services, as they would by DNS. */
export function writeServiceNames(cluster: Cluster, file: string, source: RedirectSource | undefined): Stop {
  let scheduled: NodeJS.Immediate | undefined;
  let written = '';
  const write = () => {
    scheduled = undefined;
    const names: Record<string, string[]> = {};
    for (const { metadata, spec } of cluster.list<Service>(types.services)) {
      const { namespace = '', name } = metadata;
      const { clusterIP } = spec;
      if (clusterIP === undefined || clusterIP === '') continue;
      names[`${namespace}/${name}`] =
        clusterIP === 'None' ? readyAddresses(cluster, namespace, name) : [clusterIP];
    }
    const content: ServiceNames = { names, redirects: source?.redirects() ?? {} };
    const text = JSON.stringify(content);
    if (text === written) return;
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    written = text;
  };
  const later = () => {
    scheduled ??= setImmediate(write);
  };
  write();
  return stopAll([
    cluster.subscribe(types.services, later),
    cluster.subscribe(types.endpointSlices, later),
    source?.onRedirects(later) ?? (() => undefined),
    () => {
      clearImmediate(scheduled);
    },
  ]);
}

function readyAddresses(cluster: Cluster, namespace: string, service: string): string[] {
  return cluster
    .list<EndpointSlice>(types.endpointSlices, { namespace, labels: { [SERVICE_NAME]: service } })
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ conditions }) => conditions?.ready === true)
    .flatMap(({ addresses }) => addresses);
}

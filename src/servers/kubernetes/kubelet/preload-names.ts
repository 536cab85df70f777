import fs from 'node:fs';
import { isIP } from 'node:net';
import type { Runtime, ServiceNames } from './runtime.ts';

/** Finds Services from inside a container. */
export interface ServiceDirectory {
  /** The addresses for a name that the cluster's DNS knows: `web`, `web.staging`, `web.staging.svc.cluster.local`. */
  find(name: string): readonly string[] | undefined;
  /** Where a connection to a host and port has to go instead, if it has to. */
  redirect(host: string, port: number): readonly [string, number] | undefined;
}

export function createServiceDirectory({
  names: file,
  namespace,
}: Pick<Runtime, 'names' | 'namespace'>): ServiceDirectory {
  const { readFileSync } = fs;
  const read = (): ServiceNames => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as ServiceNames;
    } catch {
      return { names: {}, redirects: {} }; // No list, no Services.
    }
  };
  const find = (name: string) => {
    const key = serviceKey(name, namespace);
    const addresses = key === undefined ? undefined : read().names[key];
    return addresses?.length === 0 ? undefined : addresses;
  };
  return {
    find,
    redirect: (host, port) => {
      const address = isIP(host) === 0 ? find(host)?.[0] : host.startsWith('127.') ? host : undefined;
      return address === undefined ? undefined : read().redirects[`${address}:${port}`];
    },
  };
}

function serviceKey(name: string, namespace: string): string | undefined {
  const parts = name.toLowerCase().replace(/\.$/, '').split('.');
  const [service = '', space = namespace, svc = 'svc', ...domain] = parts;
  const suffix = domain.join('.');
  if (service === '' || svc !== 'svc' || (suffix !== '' && suffix !== 'cluster.local')) return undefined;
  return `${space}/${service}`;
}

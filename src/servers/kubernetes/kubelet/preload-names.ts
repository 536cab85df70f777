import fs from 'node:fs';
import type { Runtime } from './runtime.ts';

/** Looks a Service up by the names that the cluster's DNS knows: `web`, `web.staging`, `web.staging.svc.cluster.local`. */
export function createNames({
  names,
  namespace,
}: Pick<Runtime, 'names' | 'namespace'>): (name: string) => string[] | undefined {
  const { readFileSync } = fs;
  return (name) => {
    const key = serviceKey(name, namespace);
    if (key === undefined) return undefined;
    try {
      const known = JSON.parse(readFileSync(names, 'utf8')) as Record<string, string[]>;
      const addresses = known[key];
      return addresses === undefined || addresses.length === 0 ? undefined : addresses;
    } catch {
      return undefined; // No list, no Services.
    }
  };
}

function serviceKey(name: string, namespace: string): string | undefined {
  const parts = name.toLowerCase().replace(/\.$/, '').split('.');
  const [service = '', space = namespace, svc = 'svc', ...domain] = parts;
  const suffix = domain.join('.');
  if (service === '' || svc !== 'svc' || (suffix !== '' && suffix !== 'cluster.local')) return undefined;
  return `${space}/${service}`;
}

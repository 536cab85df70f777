import type { HTTPIngressPath, IngressBackend } from 'kubernetes-types/networking/v1';
import type { Ingress } from '../controllers/objects.ts';
import type { ServicePortRef } from '../services/backends.ts';

interface Candidate {
  readonly ingress: Ingress;
  readonly backend: IngressBackend;
  /** Larger is more specific. */
  readonly rank: readonly [host: number, length: number, exact: number];
}

/**
 * The Service that a request goes to (API reference, "Ingress"): the most specific host, then the longest path, then an
 * exact path before a prefix; default backends last.
 */
export function route(ingresses: readonly Ingress[], host: string, path: string): ServicePortRef | undefined {
  const candidates: Candidate[] = ingresses.flatMap((ingress): Candidate[] => {
    const { rules = [], defaultBackend } = ingress.spec;
    const matching = rules.flatMap((rule): Candidate[] => {
      const hostRank = matchHost(rule.host, host);
      if (hostRank === undefined) return [];
      return (rule.http?.paths ?? [])
        .filter((entry) => matchesPath(entry, path))
        .map(({ backend, path: prefix = '/', pathType }) => ({
          ingress,
          backend,
          rank: [hostRank, prefix.length, pathType === 'Exact' ? 1 : 0],
        }));
    });
    return defaultBackend === undefined
      ? matching
      : [...matching, { ingress, backend: defaultBackend, rank: [-1, 0, 0] }];
  });
  const best = candidates.reduce<Candidate | undefined>(
    (winner, other) => (winner === undefined || isMoreSpecific(other, winner) ? other : winner),
    undefined,
  );
  const service = best?.backend.service;
  const port = service?.port?.number ?? service?.port?.name;
  if (best === undefined || service === undefined || port === undefined) return undefined;
  return { namespace: best.ingress.metadata.namespace ?? '', service: service.name, port };
}

/** Every host that some rule names. */
export function knownHosts(ingresses: readonly Ingress[]): string[] {
  const hosts = ingresses.flatMap(({ spec }) => (spec.rules ?? []).flatMap(({ host }) => host ?? []));
  return [...new Set(hosts)].sort();
}

function isMoreSpecific(one: Candidate, other: Candidate): boolean {
  for (const i of [0, 1, 2] as const) if (one.rank[i] !== other.rank[i]) return one.rank[i] > other.rank[i];
  return false;
}

function matchHost(rule: string | undefined, host: string): number | undefined {
  if (rule === undefined || rule === '') return 0;
  if (rule.startsWith('*.')) {
    // A wildcard stands for exactly one label.
    const rest = host.slice(host.indexOf('.') + 1);
    return host.includes('.') && rest === rule.slice(2).toLowerCase() ? 1 : undefined;
  }
  return rule.toLowerCase() === host ? 2 : undefined;
}

function matchesPath({ path: rule = '/', pathType }: HTTPIngressPath, path: string): boolean {
  if (pathType === 'Exact') return path === rule;
  const prefix = rule.replace(/\/$/, '');
  return path === prefix || path.startsWith(`${prefix}/`);
}

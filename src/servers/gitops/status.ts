import type {
  Application,
  ApplicationCondition,
  ApplicationStatus,
  HealthStatusCode,
  ResourceStatus,
  SyncStatusCode,
} from '../../clients/argocd-types.ts';
import { healthOf, ignoresHealth, isWorse } from './health.ts';
import { ignoresExtraneous } from './diff.ts';
import { at, groupOf, isRecord, keyOf, versionOf, type Manifest } from './objects.ts';
import { waveOf } from './sync/waves.ts';

/** One object as a comparison saw it: desired, live, or both. */
export interface Compared {
  readonly target?: Manifest;
  readonly live?: Manifest;
  readonly synced: boolean;
}

/** Everything that a comparison found out; from it follows the whole status. */
export interface Comparison {
  /** The full commit id; undefined when it could not be resolved. */
  readonly revision: string | undefined;
  readonly resources: readonly Compared[];
  readonly hooks: readonly Manifest[];
  readonly conditions: readonly ApplicationCondition[];
  /** Whether the desired state is unknown, so that nothing can be said about sync or health. */
  readonly failed: boolean;
  /** Whether the API does not serve some of the kinds, which a definition may bring later. */
  readonly unknownKinds?: boolean;
}

/** The types of condition that a comparison sets and takes away; others (SyncError, DeletionError) stay. */
const COMPARISON_CONDITIONS = [
  'ComparisonError',
  'InvalidSpecError',
  'RepeatedResourceWarning',
  'SharedResourceWarning',
  'UnknownError',
];

/** The status after a comparison, with everything kept that has not changed (so that nothing is written for nothing). */
export function statusAfter(app: Application, comparison: Comparison, now: string): ApplicationStatus {
  const before = app.status ?? {};
  const sync = comparison.failed ? 'Unknown' : syncCode(comparison.resources);
  const health = comparison.failed ? healthOfFailed(before, comparison) : healthCode(comparison.resources);
  const { source, destination, ignoreDifferences } = app.spec;
  return {
    ...before,
    sync: {
      status: sync,
      ...(comparison.revision === undefined ? {} : { revision: comparison.revision }),
      comparedTo: {
        ...(source === undefined ? {} : { source }),
        destination,
        ...(ignoreDifferences === undefined ? {} : { ignoreDifferences }),
      },
    },
    health: {
      status: health,
      lastTransitionTime: before.health?.status === health ? (before.health.lastTransitionTime ?? now) : now,
    },
    resources: comparison.failed ? (before.resources ?? []) : comparison.resources.map(resourceStatus),
    summary: comparison.failed ? (before.summary ?? {}) : summarize(comparison.resources),
    conditions: mergeConditions(before.conditions ?? [], comparison.conditions, COMPARISON_CONDITIONS, now),
    sourceType: 'Directory',
    ...(app.metadata.namespace === undefined ? {} : { controllerNamespace: app.metadata.namespace }),
  };
}

/** What cannot be compared is as healthy as it was, as in Argo CD; only of an invalid spec nothing is known. */
function healthOfFailed(before: ApplicationStatus, { conditions }: Comparison): HealthStatusCode {
  if (conditions.some(({ type }) => type === 'InvalidSpecError')) return 'Unknown';
  return before.health?.status ?? 'Healthy';
}

/** Replaces the conditions of the given types; one that says the same as before keeps its time. */
export function mergeConditions(
  before: readonly ApplicationCondition[],
  found: readonly ApplicationCondition[],
  types: readonly string[],
  now: string,
): ApplicationCondition[] {
  const kept = before.filter(({ type }) => !types.includes(type));
  const fresh = found.map(({ type, message }) => {
    const same = before.find((condition) => condition.type === type && condition.message === message);
    return { type, message, lastTransitionTime: same?.lastTransitionTime ?? now };
  });
  return [...kept, ...fresh];
}

function syncCode(resources: readonly Compared[]): SyncStatusCode {
  return resources.every((resource) => resource.synced || isTolerated(resource)) ? 'Synced' : 'OutOfSync';
}

/** A live object that is not desired any more, but asks not to be counted. */
function isTolerated({ target, live }: Compared): boolean {
  return target === undefined && live !== undefined && ignoresExtraneous(live);
}

function healthCode(resources: readonly Compared[]): HealthStatusCode {
  let worst: HealthStatusCode = 'Healthy';
  let anyLive = false;
  for (const { live } of resources) {
    if (live === undefined) continue;
    anyLive = true;
    if (ignoresHealth(live)) continue;
    const health = healthOf(live)?.status;
    if (health === undefined) continue;
    if (isWorse(worst, health)) worst = health;
  }
  return resources.length > 0 && !anyLive && isWorse(worst, 'Missing') ? 'Missing' : worst;
}

function resourceStatus({ target, live, synced }: Compared): ResourceStatus {
  const object = target ?? live;
  if (object === undefined) throw new Error('a compared resource is desired or live');
  const { group, kind, namespace, name } = keyOf(object);
  const health = live === undefined ? ({ status: 'Missing' } as const) : healthOf(live);
  const wave = waveOf(object);
  return {
    ...(group === '' ? {} : { group }),
    version: versionOf(object.apiVersion),
    kind,
    ...(namespace === '' ? {} : { namespace }),
    name,
    status: synced ? 'Synced' : 'OutOfSync',
    ...(health === undefined ? {} : { health }),
    ...(target === undefined ? { requiresPruning: true } : {}),
    ...(wave === 0 ? {} : { syncWave: wave }),
  };
}

function summarize(resources: readonly Compared[]): NonNullable<ApplicationStatus['summary']> {
  const live = resources.flatMap((resource) => (resource.live === undefined ? [] : [resource.live]));
  const images = [...new Set(live.flatMap(imagesOf))].sort();
  const externalURLs = [...new Set(live.flatMap(externalUrlsOf))].sort();
  const isAppOfApps = live.some(
    ({ kind, apiVersion }) => kind === 'Application' && groupOf(apiVersion) === 'argoproj.io',
  );
  return {
    ...(images.length === 0 ? {} : { images }),
    ...(externalURLs.length === 0 ? {} : { externalURLs }),
    ...(isAppOfApps ? { isAppOfApps } : {}),
  };
}

/** The images that an object's pods run: of a pod, or of a pod template below its spec. */
export function imagesOf(object: Manifest): string[] {
  const pod =
    object.kind === 'Pod'
      ? object.spec
      : (at(object.spec, 'template', 'spec') ?? at(object.spec, 'jobTemplate', 'spec', 'template', 'spec'));
  return ['initContainers', 'containers'].flatMap((field) => {
    const containers = at(pod, field);
    return (Array.isArray(containers) ? containers : []).flatMap((container) => {
      const image = at(container, 'image');
      return typeof image === 'string' ? [image] : [];
    });
  });
}

function externalUrlsOf(object: Manifest): string[] {
  const links = Object.entries(object.metadata.annotations ?? {})
    .filter(([name]) => name.startsWith('link.argocd.argoproj.io/'))
    .map(([, value]) => value.split('|').at(-1) ?? value);
  if (object.kind !== 'Ingress') return links;
  const tls = records(at(object.spec, 'tls')).flatMap((entry) => {
    const hosts = entry['hosts'];
    return Array.isArray(hosts) ? (hosts as unknown[]) : [];
  });
  const urls = records(at(object.spec, 'rules')).flatMap((rule) => {
    const { host } = rule;
    if (typeof host !== 'string') return [];
    const paths = records(at(rule, 'http', 'paths')).map(({ path }) =>
      typeof path === 'string' ? path : '/',
    );
    return paths.map((path) => `${tls.includes(host) ? 'https' : 'http'}://${host}${path}`);
  });
  return [...links, ...urls];
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

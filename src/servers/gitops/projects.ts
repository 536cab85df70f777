import type {
  ApplicationCondition,
  ApplicationSpec,
  AppProject,
  GroupKind,
} from '../../clients/argocd-types.ts';
import { matchesGlob } from './glob.ts';
import type { ResourceKey } from './objects.ts';

/** The only cluster that the embedded engine knows, under both of its names. */
const IN_CLUSTER = { server: 'https://kubernetes.default.svc', name: 'in-cluster' } as const;

/** What the spec of an Application does wrong, by itself and against its project; empty when it may run. */
export function validateSpec(spec: ApplicationSpec, project: AppProject | undefined): ApplicationCondition[] {
  const wrong = (message: string): ApplicationCondition => ({ type: 'InvalidSpecError', message });
  const { destination, source } = spec;
  if (project === undefined) {
    return [wrong(`Application referencing project ${spec.project} which does not exist`)];
  }
  if (spec.sources !== undefined && spec.sources.length > 0) return [];
  if (source === undefined || source.repoURL === '') return [wrong('spec.source.repoURL is required')];
  const conditions: ApplicationCondition[] = [];
  if ((source.path ?? '') === '' && (source.chart ?? '') === '') {
    conditions.push(wrong('spec.source.path is required: name a folder of the repository, "." for its root'));
  }
  if (!isSourcePermitted(project, source.repoURL)) {
    conditions.push(
      wrong(`application repo ${source.repoURL} is not permitted in project '${project.metadata.name}'`),
    );
  }
  const { server = '', name = '' } = destination;
  if (server === '' && name === '') {
    return [...conditions, wrong('Destination server missing from app spec')];
  }
  if (server !== '' && name !== '') {
    return [
      ...conditions,
      wrong(`application destination can't have both name and server defined: ${name} ${server}`),
    ];
  }
  if ((server !== '' && server !== IN_CLUSTER.server) || (name !== '' && name !== IN_CLUSTER.name)) {
    return [
      ...conditions,
      wrong(
        `there are no clusters with this ${server === '' ? 'name' : 'URL'}: ${server === '' ? name : server}; ` +
          `the embedded engine has one, ${IN_CLUSTER.server} (${IN_CLUSTER.name})`,
      ),
    ];
  }
  if (!isDestinationPermitted(project, destination.namespace ?? '')) {
    conditions.push(
      wrong(
        `application destination server '${name === '' ? server : name}' and namespace '${destination.namespace ?? ''}' ` +
          `do not match any of the allowed destinations in project '${project.metadata.name}'`,
      ),
    );
  }
  return conditions;
}

/**
 * Whether the project's `sourceRepos` allow a repository. `!pattern` forbids what it matches and allows the rest,
 * as in Argo CD.
 */
export function isSourcePermitted(project: AppProject, repoUrl: string): boolean {
  const url = normalizeRepoUrl(repoUrl);
  let allowed = false;
  for (const pattern of project.spec.sourceRepos ?? []) {
    const isDeny = isDenial(pattern);
    const matches =
      pattern === '*' || matchesGlob(normalizeRepoUrl(isDeny ? pattern.slice(1) : pattern), url, '/');
    if (isDeny && matches) return false;
    allowed ||= isDeny || matches;
  }
  return allowed;
}

/** Whether the project's `destinations` allow a namespace of the one cluster; `!pattern` as for repositories. */
export function isDestinationPermitted(project: AppProject, namespace: string): boolean {
  let allowed = false;
  for (const item of project.spec.destinations ?? []) {
    const cluster = accepts(item.server, IN_CLUSTER.server) || accepts(item.name, IN_CLUSTER.name);
    const space = accepts(item.namespace, namespace);
    if (cluster && space) allowed = true;
    else if (cluster && isDenial(item.namespace)) return false;
    else if (space && (isDenial(item.server) || isDenial(item.name))) return false;
  }
  return allowed;
}

/** Why a project refuses an object, in the words of a sync result; undefined when it may be deployed. */
export function refuseResource(project: AppProject, key: ResourceKey): string | undefined {
  const { spec, metadata } = project;
  const listed = (list: readonly GroupKind[]) =>
    list.some(
      (item) =>
        matchesGlob(item.group, key.group) &&
        matchesGlob(item.kind, key.kind) &&
        (item.name === undefined || item.name === '' || matchesGlob(item.name, key.name)),
    );
  const namespaced = key.namespace !== '';
  const permitted = namespaced
    ? (spec.namespaceResourceWhitelist === undefined || listed(spec.namespaceResourceWhitelist)) &&
      !listed(spec.namespaceResourceBlacklist ?? [])
    : listed(spec.clusterResourceWhitelist ?? []) && !listed(spec.clusterResourceBlacklist ?? []);
  if (!permitted) {
    return `resource ${key.group}:${key.kind} is not permitted in project ${metadata.name}`;
  }
  if (namespaced && !isDestinationPermitted(project, key.namespace)) {
    return `namespace ${key.namespace} is not permitted in project '${metadata.name}'`;
  }
  return undefined;
}

/** One spelling for the spellings of the same repository: lower case, no `.git`, no slash at the end. */
export function normalizeRepoUrl(url: string): string {
  return url
    .trim()
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
}

function accepts(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined || pattern === '') return pattern === value;
  return pattern.startsWith('!') ? !matchesGlob(pattern.slice(1), value) : matchesGlob(pattern, value);
}

function isDenial(pattern: string | undefined): boolean {
  return pattern?.startsWith('!') ?? false;
}

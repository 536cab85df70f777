import type { Cluster, KubernetesObject } from '../cluster.ts';
import { ApiError } from '../errors.ts';
import { asArray, asObject, type JsonObject } from '../storage/json.ts';
import type { User } from './authentication.ts';

/** What somebody wants to do. */
export type Attributes =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource?: string | undefined;
      readonly namespace?: string | undefined;
      readonly name?: string | undefined;
    }
  | { readonly verb: string; readonly path: string };

const RBAC = 'rbac.authorization.k8s.io';
/** What everybody may read, as on a real cluster. */
const PUBLIC = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
/** What everybody with an account may read. */
const DISCOVERY = ['/api', '/apis', '/openapi', ...PUBLIC];
const OWN_REVIEWS = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'];

/** Decides by roles and their bindings (RBAC); members of `system:masters` may do everything. */
export class Authorizer {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  allows(user: User, wanted: Attributes): boolean {
    if (user.groups.includes('system:masters')) return true;
    if ('path' in wanted) {
      if (wanted.verb === 'get' && PUBLIC.some((path) => isAt(wanted.path, path))) return true;
      const known = user.groups.includes('system:authenticated');
      if (known && wanted.verb === 'get' && DISCOVERY.some((path) => isAt(wanted.path, path))) return true;
    } else if (OWN_REVIEWS.includes(wanted.resource) && user.groups.includes('system:authenticated'))
      return true;
    return this.rulesFor(user, 'path' in wanted ? undefined : wanted.namespace).some((rule) =>
      covers(rule, wanted),
    );
  }

  /** @throws ApiError `Forbidden` that says who may not do what. */
  require(user: User, wanted: Attributes): void {
    if (this.allows(user, wanted)) return;
    throw new ApiError('Forbidden', refusal(user, wanted));
  }

  /** The rules that hold for a user in a namespace, those of the whole cluster included. */
  rulesFor(user: User, namespace: string | undefined): JsonObject[] {
    const bindings = [
      ...this.#cluster.list({ group: RBAC, resource: 'clusterrolebindings' }),
      ...(namespace === undefined
        ? []
        : this.#cluster.list({ group: RBAC, resource: 'rolebindings' }, { namespace })),
    ];
    return bindings
      .filter((binding) =>
        asArray(binding.subjects).some((subject) => isMeant(asObject(subject), user, binding)),
      )
      .flatMap((binding) => asArray(this.#roleOf(binding)?.rules).map(asObject));
  }

  #roleOf(binding: KubernetesObject): KubernetesObject | undefined {
    const { kind, name } = asObject(binding.roleRef);
    if (typeof name !== 'string') return undefined;
    return kind === 'Role'
      ? this.#cluster.get({ group: RBAC, resource: 'roles' }, binding.metadata.namespace, name)
      : this.#cluster.get({ group: RBAC, resource: 'clusterroles' }, undefined, name);
  }
}

function isAt(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function isMeant(subject: JsonObject, user: User, binding: KubernetesObject): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.name;
    case 'Group':
      return user.groups.some((group) => group === subject.name);
    case 'ServiceAccount': {
      const namespace =
        typeof subject.namespace === 'string' ? subject.namespace : (binding.metadata.namespace ?? '');
      return user.name === `system:serviceaccount:${namespace}:${String(subject.name)}`;
    }
    default:
      return false;
  }
}

function covers(rule: JsonObject, wanted: Attributes): boolean {
  const has = (list: unknown, value: string) => asArray(list).some((item) => item === '*' || item === value);
  if (!has(rule.verbs, wanted.verb)) return false;
  if ('path' in wanted) {
    return asArray(rule.nonResourceURLs).some(
      (url) =>
        url === wanted.path ||
        (typeof url === 'string' && url.endsWith('*') && wanted.path.startsWith(url.slice(0, -1))),
    );
  }
  const resource =
    wanted.subresource === undefined ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  if (!has(rule.apiGroups, wanted.group)) return false;
  if (!has(rule.resources, resource) && !has(rule.resources, `*/${wanted.subresource ?? ''}`)) return false;
  const names = asArray(rule.resourceNames);
  return names.length === 0 || (wanted.name !== undefined && names.includes(wanted.name));
}

function refusal(user: User, wanted: Attributes): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${wanted.verb}`;
  if ('path' in wanted) return `forbidden: ${who} path ${JSON.stringify(wanted.path)}`;
  const { group, resource, subresource, namespace, name } = wanted;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const where =
    namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const subject = `${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` ${JSON.stringify(name)}`}`;
  return `${subject} is forbidden: ${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
}

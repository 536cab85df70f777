/** A resource that has no objects of its own in the store. */
export interface VirtualResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

const AUTHENTICATION = { group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] };
const AUTHORIZATION = { group: 'authorization.k8s.io', version: 'v1', verbs: ['create'] };

/** Questions that are answered at once, and the second name under which events are served. */
export const VIRTUAL_RESOURCES: readonly VirtualResource[] = [
  review(AUTHENTICATION, 'SelfSubjectReview'),
  review(AUTHENTICATION, 'TokenReview'),
  review(AUTHORIZATION, 'LocalSubjectAccessReview', true),
  review(AUTHORIZATION, 'SelfSubjectAccessReview'),
  review(AUTHORIZATION, 'SelfSubjectRulesReview'),
  review(AUTHORIZATION, 'SubjectAccessReview'),
  {
    group: 'events.k8s.io',
    version: 'v1',
    resource: 'events',
    kind: 'Event',
    singular: 'event',
    namespaced: true,
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  },
];

function review(
  group: Pick<VirtualResource, 'group' | 'version' | 'verbs'>,
  kind: string,
  namespaced = false,
): VirtualResource {
  const singular = kind.toLowerCase();
  return { ...group, kind, singular, resource: `${singular}s`, namespaced };
}

import type { Cluster, KubernetesObject, ResourceType } from '../cluster.ts';

const NAMESPACES: ResourceType = { group: '', resource: 'namespaces' };
const CONFIG_MAPS: ResourceType = { group: '', resource: 'configmaps' };
const CLUSTER_ROLES: ResourceType = { group: 'rbac.authorization.k8s.io', resource: 'clusterroles' };
const CLUSTER_ROLE_BINDINGS: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  resource: 'clusterrolebindings',
};
const ROOT_CA = 'kube-root-ca.crt';
const RBAC = 'rbac.authorization.k8s.io/v1';
const BOOTSTRAPPED = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };

/**
 * Makes what every cluster has from its first moment: the system's namespaces, the default roles, and in each namespace
 * the certificate authority for pods. The returned function ends the watching.
 */
export function bootstrap(cluster: Cluster, ca: string): () => void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    ensure(cluster, NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const role of defaultRoles()) ensure(cluster, CLUSTER_ROLES, role);
  ensure(cluster, CLUSTER_ROLE_BINDINGS, {
    apiVersion: RBAC,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'cluster-admin', labels: BOOTSTRAPPED },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:masters' }],
  });
  const publish = (namespace: string) => {
    publishAuthority(cluster, namespace, ca);
  };
  const ends = [
    cluster.subscribe(NAMESPACES, ({ type, object }) => {
      if (type !== 'DELETED') publish(object.metadata.name);
    }),
    cluster.subscribe(CONFIG_MAPS, ({ type, object: { metadata } }) => {
      if (metadata.name === ROOT_CA && type !== 'ADDED') publish(metadata.namespace ?? '');
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function publishAuthority(cluster: Cluster, namespace: string, ca: string): void {
  const present = cluster.get(NAMESPACES, undefined, namespace);
  if (present === undefined || present.metadata.deletionTimestamp !== undefined) return;
  const map = cluster.get(CONFIG_MAPS, namespace, ROOT_CA);
  const data = { 'ca.crt': ca };
  const metadata = { name: ROOT_CA, namespace };
  if (map === undefined) cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  else cluster.update(CONFIG_MAPS, { ...map, data });
}

function ensure(cluster: Cluster, type: ResourceType, object: KubernetesObject): void {
  if (cluster.get(type, undefined, object.metadata.name) === undefined) cluster.create(type, object);
}

const READ = ['get', 'list', 'watch'];
const WRITE = [...READ, 'create', 'update', 'patch', 'delete', 'deletecollection'];

function defaultRoles(): KubernetesObject[] {
  const workloads = [
    {
      apiGroups: ['apps'],
      resources: ['deployments', 'deployments/scale', 'replicasets', 'replicasets/scale'],
    },
    { apiGroups: ['batch'], resources: ['jobs'] },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'] },
    { apiGroups: [''], resources: ['configmaps', 'pods', 'pods/log', 'services', 'serviceaccounts'] },
  ];
  const secrets = {
    apiGroups: [''],
    resources: ['secrets', 'pods/exec', 'pods/portforward', 'pods/eviction'],
  };
  const events = {
    apiGroups: ['', 'discovery.k8s.io'],
    resources: ['events', 'namespaces', 'endpointslices'],
    verbs: READ,
  };
  const rbac = {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['roles', 'rolebindings'],
    verbs: WRITE,
  };
  const read = workloads.map((rule) => ({ ...rule, verbs: READ }));
  const write = [...workloads, secrets].map((rule) => ({ ...rule, verbs: WRITE }));
  return [
    role('cluster-admin', [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ]),
    role('admin', [...write, events, rbac]),
    role('edit', [...write, events]),
    role('view', [...read, events]),
  ];
}

function role(name: string, rules: readonly object[]): KubernetesObject {
  return { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name, labels: BOOTSTRAPPED }, rules };
}

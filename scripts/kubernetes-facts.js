/** What the client's models do not say about the kinds: where they are served, and how their lists and maps merge. */

const of = (apiVersion, resource, namespaced = true, model) => ({ apiVersion, resource, namespaced, model });

/** Every kind that is known, in an order in which shared types belong to whoever needs them first. */
export const KINDS = named({
  Namespace: of('v1', 'namespaces', false),
  Node: of('v1', 'nodes', false),
  Pod: of('v1', 'pods'),
  Service: of('v1', 'services'),
  ConfigMap: of('v1', 'configmaps'),
  Secret: of('v1', 'secrets'),
  ServiceAccount: of('v1', 'serviceaccounts'),
  Event: of('v1', 'events', true, 'CoreV1Event'),
  PersistentVolumeClaim: of('v1', 'persistentvolumeclaims'),
  PersistentVolume: of('v1', 'persistentvolumes', false),
  ResourceQuota: of('v1', 'resourcequotas'),
  LimitRange: of('v1', 'limitranges'),
  Deployment: of('apps/v1', 'deployments'),
  ReplicaSet: of('apps/v1', 'replicasets'),
  StatefulSet: of('apps/v1', 'statefulsets'),
  DaemonSet: of('apps/v1', 'daemonsets'),
  Job: of('batch/v1', 'jobs'),
  CronJob: of('batch/v1', 'cronjobs'),
  EndpointSlice: of('discovery.k8s.io/v1', 'endpointslices'),
  Ingress: of('networking.k8s.io/v1', 'ingresses'),
  IngressClass: of('networking.k8s.io/v1', 'ingressclasses', false),
  NetworkPolicy: of('networking.k8s.io/v1', 'networkpolicies'),
  Role: of('rbac.authorization.k8s.io/v1', 'roles'),
  RoleBinding: of('rbac.authorization.k8s.io/v1', 'rolebindings'),
  ClusterRole: of('rbac.authorization.k8s.io/v1', 'clusterroles', false),
  ClusterRoleBinding: of('rbac.authorization.k8s.io/v1', 'clusterrolebindings', false),
  Lease: of('coordination.k8s.io/v1', 'leases'),
  HorizontalPodAutoscaler: of(
    'autoscaling/v2',
    'horizontalpodautoscalers',
    true,
    'V2HorizontalPodAutoscaler',
  ),
  PodDisruptionBudget: of('policy/v1', 'poddisruptionbudgets'),
  PriorityClass: of('scheduling.k8s.io/v1', 'priorityclasses', false),
  StorageClass: of('storage.k8s.io/v1', 'storageclasses', false),
  CustomResourceDefinition: of('apiextensions.k8s.io/v1', 'customresourcedefinitions', false),
});

function named(kinds) {
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, { model = `V1${kind}`, ...rest }]) => [kind, { model, ...rest }]),
  );
}

/** Kinds of which the embedded API server serves objects; the others only the validator knows. */
export const SERVED = [
  'Namespace',
  'Node',
  'Pod',
  'Service',
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'Event',
  'Deployment',
  'ReplicaSet',
  'Job',
  'EndpointSlice',
  'Ingress',
  'IngressClass',
  'NetworkPolicy',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'Lease',
  'CustomResourceDefinition',
];

/** Types of apimachinery. */
export const META_TYPES = new Set([
  'ObjectMeta',
  'ListMeta',
  'OwnerReference',
  'ManagedFieldsEntry',
  'LabelSelector',
  'LabelSelectorRequirement',
  'FieldSelectorRequirement',
  'Condition',
]);

/** Types whose fields change only together (`+structType=atomic`). */
export const ATOMIC_TYPES = new Set([
  'LabelSelector',
  'ObjectReference',
  'LocalObjectReference',
  'SecretReference',
  'TypedLocalObjectReference',
  'ConfigMapKeySelector',
  'SecretKeySelector',
  'ObjectFieldSelector',
  'ResourceFieldSelector',
  'NodeSelector',
  'NodeSelectorTerm',
  'RoleRef',
  'Subject',
  'EndpointReference',
]);

/** Types without a shape of their own. */
export const OPAQUE = new Set(['FieldsV1']);

const atomicMap = { mapType: 'atomic' };
const byKey = (key, strategy = 'merge') => ({ type: 'map', keys: [key], mergeKey: key, strategy });
const conditions = byKey('type');

/** How lists (and a few maps) merge; a list that is not named here is replaced as a whole. */
export const LISTS = {
  'ObjectMeta.ownerReferences': byKey('uid'),
  'ObjectMeta.finalizers': { type: 'set', strategy: 'merge' },
  'PodSpec.containers': byKey('name'),
  'PodSpec.initContainers': byKey('name'),
  'PodSpec.ephemeralContainers': byKey('name'),
  'PodSpec.volumes': byKey('name', 'merge,retainKeys'),
  'PodSpec.imagePullSecrets': byKey('name'),
  'PodSpec.hostAliases': byKey('ip'),
  'PodSpec.schedulingGates': byKey('name'),
  'PodSpec.resourceClaims': byKey('name', 'merge,retainKeys'),
  'PodSpec.topologySpreadConstraints': {
    type: 'map',
    keys: ['topologyKey', 'whenUnsatisfiable'],
    mergeKey: 'topologyKey',
    strategy: 'merge',
  },
  'PodSpec.nodeSelector': atomicMap,
  'Container.env': byKey('name'),
  'Container.ports': {
    type: 'map',
    keys: ['containerPort', 'protocol'],
    mergeKey: 'containerPort',
    strategy: 'merge',
  },
  'Container.volumeMounts': byKey('mountPath'),
  'Container.volumeDevices': byKey('devicePath'),
  'EphemeralContainer.env': byKey('name'),
  'EphemeralContainer.volumeMounts': byKey('mountPath'),
  'ResourceRequirements.claims': { type: 'map', keys: ['name'] },
  'PodStatus.conditions': conditions,
  'PodStatus.podIPs': byKey('ip'),
  'ServiceSpec.ports': { type: 'map', keys: ['port', 'protocol'], mergeKey: 'port', strategy: 'merge' },
  'ServiceSpec.selector': atomicMap,
  'ServiceStatus.conditions': conditions,
  'NamespaceStatus.conditions': conditions,
  'NodeStatus.conditions': conditions,
  'NodeStatus.addresses': byKey('type'),
  'NodeSpec.podCIDRs': { type: 'set', strategy: 'merge' },
  'ServiceAccount.secrets': byKey('name'),
  'DeploymentSpec.strategy': { strategy: 'retainKeys' },
  'DeploymentStatus.conditions': conditions,
  'ReplicaSetStatus.conditions': conditions,
  'StatefulSetStatus.conditions': conditions,
  'DaemonSetStatus.conditions': conditions,
  'JobStatus.conditions': { mergeKey: 'type', strategy: 'merge' },
  'CustomResourceDefinitionStatus.conditions': conditions,
};

/** Amounts of resources: a string or a number, which the models call a string. */
export const QUANTITIES = new Set([
  'ResourceRequirements.limits',
  'ResourceRequirements.requests',
  'VolumeResourceRequirements.limits',
  'VolumeResourceRequirements.requests',
  'PodSpec.overhead',
  'EmptyDirVolumeSource.sizeLimit',
  'ResourceFieldSelector.divisor',
  'NodeStatus.capacity',
  'NodeStatus.allocatable',
  'ContainerStatus.allocatedResources',
  'PersistentVolumeSpec.capacity',
  'PersistentVolumeClaimStatus.capacity',
  'PersistentVolumeClaimStatus.allocatedResources',
  'ResourceQuotaSpec.hard',
  'ResourceQuotaStatus.hard',
  'ResourceQuotaStatus.used',
  'LimitRangeItem._default',
  'LimitRangeItem.default',
  'LimitRangeItem.defaultRequest',
  'LimitRangeItem.max',
  'LimitRangeItem.maxLimitRequestRatio',
  'LimitRangeItem.min',
  'MetricTarget.averageValue',
  'MetricTarget.value',
  'MetricValueStatus.averageValue',
  'MetricValueStatus.value',
]);

/** Words that are allowed, for messages that name them. */
export const ENUMS = {
  'PodSpec.restartPolicy': ['Always', 'OnFailure', 'Never'],
  'PodSpec.dnsPolicy': ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
  'Container.imagePullPolicy': ['Always', 'IfNotPresent', 'Never'],
  'ContainerPort.protocol': ['SCTP', 'TCP', 'UDP'],
  'ServicePort.protocol': ['SCTP', 'TCP', 'UDP'],
  'ServiceSpec.type': ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'],
  'ServiceSpec.sessionAffinity': ['ClientIP', 'None'],
  'DeploymentStrategy.type': ['Recreate', 'RollingUpdate'],
  'HTTPGetAction.scheme': ['HTTP', 'HTTPS'],
  'HTTPIngressPath.pathType': ['Exact', 'ImplementationSpecific', 'Prefix'],
  'CustomResourceDefinitionSpec.scope': ['Cluster', 'Namespaced'],
};

import type { KubernetesObject } from '../cluster.ts';
import { selectorText } from '../selectors/labels.ts';
import { asArray, asObject } from '../storage/json.ts';
import { age, at, duration, join, labelText, listAt, numberAt, textAt, textOf } from './cells.ts';
import { podSummary } from './pods.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  /** Columns from 1 are shown by `-o wide` alone. */
  readonly priority?: number;
  readonly cell: (object: KubernetesObject) => unknown;
}

const AGE = column('Age', ({ metadata }) => age(metadata.creationTimestamp));

function column(name: string, cell: Column['cell'], type = 'string'): Column {
  return { name, type, cell };
}

function wide(name: string, cell: Column['cell']): Column {
  return { name, type: 'string', priority: 1, cell };
}

function count(name: string, path: string): Column {
  return column(name, (object) => numberAt(object, path), 'integer');
}

const IMAGES = [
  wide('Containers', (object) => join(containersOf(object).map((container) => textOf(container.name)))),
  wide('Images', (object) => join(containersOf(object).map((container) => textOf(container.image)))),
  wide('Selector', (object) => textOf(selectorText(asObject(at(object, 'spec.selector'))))),
];

function containersOf(object: unknown) {
  return listAt(object, 'spec.template.spec.containers');
}

/** The columns after the name, by kind. */
const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  '/namespaces': [column('Status', (object) => textAt(object, 'status.phase')), AGE],
  '/nodes': [
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    AGE,
    column('Version', (object) => textAt(object, 'status.nodeInfo.kubeletVersion')),
    wide('Internal-IP', (object) => nodeAddress(object, 'InternalIP')),
    wide('External-IP', (object) => nodeAddress(object, 'ExternalIP')),
    wide('OS-Image', (object) => textAt(object, 'status.nodeInfo.osImage', '<unknown>')),
    wide('Kernel-Version', (object) => textAt(object, 'status.nodeInfo.kernelVersion', '<unknown>')),
    wide('Container-Runtime', (object) =>
      textAt(object, 'status.nodeInfo.containerRuntimeVersion', '<unknown>'),
    ),
  ],
  '/pods': [
    column('Ready', (pod) => podSummary(pod).ready),
    column('Status', (pod) => podSummary(pod).status),
    column('Restarts', (pod) => podSummary(pod).restarts),
    AGE,
    wide('IP', (pod) => textAt(pod, 'status.podIP')),
    wide('Node', (pod) => textAt(pod, 'spec.nodeName')),
    wide('Nominated Node', (pod) => textAt(pod, 'status.nominatedNodeName')),
    wide('Readiness Gates', (pod) =>
      join(listAt(pod, 'spec.readinessGates').map((gate) => textOf(gate.conditionType))),
    ),
  ],
  '/services': [
    column('Type', (service) => textAt(service, 'spec.type')),
    column('Cluster-IP', (service) => textAt(service, 'spec.clusterIP')),
    column('External-IP', externalAddress),
    column('Port(s)', servicePorts),
    AGE,
    wide('Selector', (service) => labelText(at(service, 'spec.selector'))),
  ],
  '/configmaps': [column('Data', (map) => dataCount(map.data) + dataCount(map.binaryData), 'integer'), AGE],
  '/secrets': [
    column('Type', (secret) => textOf(secret.type)),
    column('Data', (secret) => dataCount(secret.data), 'integer'),
    AGE,
  ],
  '/serviceaccounts': [column('Secrets', (account) => asArray(account.secrets).length, 'integer'), AGE],
  '/events': [
    column('Last Seen', (event) =>
      age(
        event.lastTimestamp ??
          asObject(event.series).lastObservedTime ??
          event.eventTime ??
          event.firstTimestamp,
      ),
    ),
    column('Type', (event) => textOf(event.type)),
    column('Reason', (event) => textOf(event.reason)),
    column('Object', eventObject),
    wide('Subobject', (event) => textAt(event, 'involvedObject.fieldPath', '')),
    wide('Source', eventSource),
    column('Message', (event) => textOf(event.message, '').trim()),
    wide('First Seen', (event) => age(event.firstTimestamp ?? event.eventTime)),
    wide('Count', (event) => numberAt(event, 'count') || numberAt(event, 'series.count') || 1),
    wide('Name', (event) => event.metadata.name),
  ],
  'apps/deployments': [
    column(
      'Ready',
      (object) => `${numberAt(object, 'status.readyReplicas')}/${numberAt(object, 'spec.replicas')}`,
    ),
    count('Up-to-date', 'status.updatedReplicas'),
    count('Available', 'status.availableReplicas'),
    AGE,
    ...IMAGES,
  ],
  'apps/replicasets': [
    count('Desired', 'spec.replicas'),
    count('Current', 'status.replicas'),
    count('Ready', 'status.readyReplicas'),
    AGE,
    ...IMAGES,
  ],
  'batch/jobs': [
    column('Status', jobStatus),
    column('Completions', jobCompletions),
    column('Duration', jobDuration),
    AGE,
    ...IMAGES,
  ],
  'discovery.k8s.io/endpointslices': [
    column('AddressType', (slice) => textOf(slice.addressType)),
    column('Ports', (slice) =>
      limited(
        listAt(slice, 'ports').map((port) => textOf(port.port, '*')),
        '<unset>',
      ),
    ),
    column('Endpoints', (slice) =>
      limited(
        listAt(slice, 'endpoints').flatMap((endpoint) => asArray(endpoint.addresses).map(String)),
        '<unset>',
      ),
    ),
    AGE,
  ],
  'networking.k8s.io/ingresses': [
    column('Class', (ingress) => textAt(ingress, 'spec.ingressClassName')),
    column('Hosts', (ingress) =>
      join(
        listAt(ingress, 'spec.rules').map((rule) => textOf(rule.host, '*')),
        '*',
      ),
    ),
    column('Address', (ingress) =>
      join(
        listAt(ingress, 'status.loadBalancer.ingress').map((entry) => textOf(entry.ip ?? entry.hostname)),
        '',
      ),
    ),
    column('Ports', (ingress) => (listAt(ingress, 'spec.tls').length > 0 ? '80, 443' : '80')),
    AGE,
  ],
  'networking.k8s.io/ingressclasses': [
    column('Controller', (object) => textAt(object, 'spec.controller')),
    column('Parameters', (object) => textAt(object, 'spec.parameters.name')),
    AGE,
  ],
  'networking.k8s.io/networkpolicies': [
    column('Pod-Selector', (object) => textOf(selectorText(asObject(at(object, 'spec.podSelector'))))),
    AGE,
  ],
  'rbac.authorization.k8s.io/roles': [column('Created At', ({ metadata }) => metadata.creationTimestamp)],
  'rbac.authorization.k8s.io/clusterroles': [
    column('Created At', ({ metadata }) => metadata.creationTimestamp),
  ],
  'rbac.authorization.k8s.io/rolebindings': bindingColumns(),
  'rbac.authorization.k8s.io/clusterrolebindings': bindingColumns(),
  'coordination.k8s.io/leases': [column('Holder', (lease) => textAt(lease, 'spec.holderIdentity', '')), AGE],
  'apiextensions.k8s.io/customresourcedefinitions': [
    column('Created At', ({ metadata }) => metadata.creationTimestamp),
  ],
};

/** The columns of a built-in kind after its name. */
export function columnsOf(type: string): readonly Column[] {
  return COLUMNS[type] ?? [AGE];
}

function nodeStatus(node: KubernetesObject): string {
  const ready = listAt(node, 'status.conditions').find((condition) => condition.type === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return at(node, 'spec.unschedulable') === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: KubernetesObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return join(roles.map((label) => label.slice(prefix.length)).sort());
}

function nodeAddress(node: KubernetesObject, type: string): string {
  return textOf(listAt(node, 'status.addresses').find((address) => address.type === type)?.address);
}

function externalAddress(service: KubernetesObject): string {
  const own = asArray(at(service, 'spec.externalIPs')).map(String);
  switch (at(service, 'spec.type')) {
    case 'ExternalName':
      return textAt(service, 'spec.externalName');
    case 'LoadBalancer': {
      const given = listAt(service, 'status.loadBalancer.ingress').map((entry) =>
        textOf(entry.ip ?? entry.hostname),
      );
      return join([...given, ...own], '<pending>');
    }
    default:
      return join(own);
  }
}

function servicePorts(service: KubernetesObject): string {
  return join(
    listAt(service, 'spec.ports').map(({ port, nodePort, protocol }) => {
      const node = typeof nodePort === 'number' && nodePort > 0 ? `:${nodePort}` : '';
      return `${textOf(port)}${node}/${textOf(protocol, 'TCP')}`;
    }),
  );
}

function dataCount(data: unknown): number {
  return Object.keys(asObject(data)).length;
}

function eventObject(event: KubernetesObject): string {
  return `${textAt(event, 'involvedObject.kind', '').toLowerCase()}/${textAt(event, 'involvedObject.name', '')}`;
}

function eventSource(event: KubernetesObject): string {
  const component = textAt(event, 'source.component', textOf(event.reportingComponent, ''));
  const host = textAt(event, 'source.host', '');
  return host === '' ? component : `${component}, ${host}`;
}

function jobStatus(job: KubernetesObject): string {
  const holds = (type: string) =>
    listAt(job, 'status.conditions').some(
      (condition) => condition.type === type && condition.status === 'True',
    );
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (holds('Suspended')) return 'Suspended';
  if (holds('FailureTarget')) return 'FailureTarget';
  return holds('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobCompletions(job: KubernetesObject): string {
  const done = numberAt(job, 'status.succeeded');
  const wanted = at(job, 'spec.completions');
  if (typeof wanted === 'number') return `${done}/${wanted}`;
  const parallelism = numberAt(job, 'spec.parallelism');
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration(job: KubernetesObject): string {
  const start = at(job, 'status.startTime');
  if (typeof start !== 'string') return '';
  const end = at(job, 'status.completionTime');
  if (typeof end !== 'string') return age(start);
  return duration((Date.parse(end) - Date.parse(start)) / 1000);
}

/** The first three of a list, and how many more there are. */
function limited(items: readonly string[], none: string): string {
  const rest = items.length - 3;
  return rest > 0 ? `${items.slice(0, 3).join(',')} + ${rest} more...` : join(items, none);
}

function bindingColumns(): Column[] {
  const subjects = (kind: string) => (binding: KubernetesObject) =>
    join(
      listAt(binding, 'subjects')
        .filter((subject) => subject.kind === kind)
        .map(({ namespace, name }) =>
          namespace === undefined ? textOf(name) : `${textOf(namespace)}/${textOf(name)}`,
        ),
      '',
    );
  return [
    column('Role', (binding) => `${textAt(binding, 'roleRef.kind')}/${textAt(binding, 'roleRef.name')}`),
    AGE,
    wide('Users', subjects('User')),
    wide('Groups', subjects('Group')),
    wide('ServiceAccounts', subjects('ServiceAccount')),
  ];
}

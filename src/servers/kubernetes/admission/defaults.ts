import type { KubernetesObject } from '../cluster.ts';
import { typeKey, type Kind } from '../kinds.ts';
import { asArray, asObject, isObject, type JsonObject } from '../storage/json.ts';

/** Fills in what Kubernetes fills in, so that users read back the same object as on a real cluster. */
export function applyDefaults(kind: Kind, object: KubernetesObject): void {
  DEFAULTS[typeKey(kind)]?.(object);
}

type Fill = (object: KubernetesObject) => void;

const DEFAULTS: Readonly<Record<string, Fill>> = {
  '/namespaces': (namespace) => {
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      'kubernetes.io/metadata.name': namespace.metadata.name,
    };
  },
  '/pods': (pod) => {
    const spec = child(pod, 'spec');
    defaultPodSpec(spec);
    set(spec, 'serviceAccountName', spec.serviceAccount ?? 'default');
    set(spec, 'serviceAccount', spec.serviceAccountName);
    set(spec, 'enableServiceLinks', true);
    set(spec, 'priority', 0);
    set(spec, 'preemptionPolicy', 'PreemptLowerPriority');
    for (const container of containersOf(spec)) requestsFromLimits(container);
    tolerateLostNodes(spec);
  },
  '/services': (service) => {
    const spec = child(service, 'spec');
    set(spec, 'type', 'ClusterIP');
    set(spec, 'sessionAffinity', 'None');
    if (spec.type !== 'ExternalName') set(spec, 'internalTrafficPolicy', 'Cluster');
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer')
      set(spec, 'externalTrafficPolicy', 'Cluster');
    if (spec.type === 'LoadBalancer') set(spec, 'allocateLoadBalancerNodePorts', true);
    for (const port of objects(spec.ports)) {
      set(port, 'protocol', 'TCP');
      set(port, 'targetPort', port.port);
    }
  },
  '/secrets': (secret) => {
    set(secret, 'type', 'Opaque');
    if (isObject(secret.stringData)) {
      const data = child(secret, 'data');
      for (const [key, text] of Object.entries(secret.stringData)) {
        data[key] = Buffer.from(String(text)).toString('base64');
      }
    }
    delete secret.stringData;
  },
  'apps/deployments': (deployment) => {
    const spec = child(deployment, 'spec');
    set(spec, 'replicas', 1);
    const strategy = child(spec, 'strategy');
    set(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = child(strategy, 'rollingUpdate');
      set(rolling, 'maxUnavailable', '25%');
      set(rolling, 'maxSurge', '25%');
    }
    set(spec, 'revisionHistoryLimit', 10);
    set(spec, 'progressDeadlineSeconds', 600);
    defaultTemplate(spec);
  },
  'apps/replicasets': (set_) => {
    const spec = child(set_, 'spec');
    set(spec, 'replicas', 1);
    const template = asObject(spec.template);
    const labels = asObject(asObject(template.metadata).labels);
    if (Object.keys(asObject(set_.metadata.labels)).length === 0 && Object.keys(labels).length > 0) {
      set_.metadata.labels = { ...(labels as Record<string, string>) };
    }
    defaultTemplate(spec);
  },
  'batch/jobs': (job) => {
    const spec = child(job, 'spec');
    if (spec.completions === undefined && spec.parallelism === undefined) set(spec, 'completions', 1);
    set(spec, 'parallelism', 1);
    set(spec, 'backoffLimit', 6);
    set(spec, 'completionMode', 'NonIndexed');
    set(spec, 'suspend', false);
    set(spec, 'podReplacementPolicy', 'TerminatingOrFailed');
    selectJobPods(job, spec);
    defaultTemplate(spec);
  },
  'discovery.k8s.io/endpointslices': (slice) => {
    for (const port of objects(slice.ports)) {
      set(port, 'name', '');
      set(port, 'protocol', 'TCP');
    }
  },
  'networking.k8s.io/networkpolicies': (policy) => {
    const spec = child(policy, 'spec');
    set(spec, 'podSelector', {});
    set(spec, 'policyTypes', spec.egress === undefined ? ['Ingress'] : ['Ingress', 'Egress']);
    for (const rule of [...objects(spec.ingress), ...objects(spec.egress)]) {
      for (const port of objects(rule.ports)) set(port, 'protocol', 'TCP');
    }
  },
  'rbac.authorization.k8s.io/rolebindings': defaultBinding,
  'rbac.authorization.k8s.io/clusterrolebindings': defaultBinding,
};

/** A pod stays for five minutes on a node that is lost (the admission plugin DefaultTolerationSeconds). */
function tolerateLostNodes(spec: JsonObject): void {
  const given = objects(spec.tolerations);
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (name) => !given.some(({ key = name, effect = 'NoExecute' }) => key === name && effect === 'NoExecute'),
  );
  const added = missing.map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }));
  if (added.length > 0) spec.tolerations = [...given, ...added];
}

function defaultBinding(binding: KubernetesObject): void {
  set(child(binding, 'roleRef'), 'apiGroup', 'rbac.authorization.k8s.io');
  for (const subject of objects(binding.subjects)) {
    if (subject.kind !== 'ServiceAccount') set(subject, 'apiGroup', 'rbac.authorization.k8s.io');
  }
}

/** A Job finds its pods by a label with its own uid, unless the person chose a selector (batch/v1, manualSelector). */
function selectJobPods(job: KubernetesObject, spec: JsonObject): void {
  if (spec.manualSelector === true || spec.selector !== undefined || job.metadata.uid === undefined) return;
  const { uid, name } = job.metadata;
  spec.selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  const metadata = child(child(spec, 'template'), 'metadata');
  metadata.labels = {
    ...asObject(metadata.labels),
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
}

function defaultTemplate(spec: JsonObject): void {
  if (!isObject(spec.template)) return;
  child(spec.template, 'metadata');
  if (isObject(spec.template.spec)) defaultPodSpec(spec.template.spec);
}

function defaultPodSpec(spec: JsonObject): void {
  set(spec, 'restartPolicy', 'Always');
  set(spec, 'terminationGracePeriodSeconds', 30);
  set(spec, 'dnsPolicy', 'ClusterFirst');
  set(spec, 'securityContext', {});
  set(spec, 'schedulerName', 'default-scheduler');
  if (spec.serviceAccountName !== undefined) set(spec, 'serviceAccount', spec.serviceAccountName);
  for (const container of containersOf(spec)) defaultContainer(container);
  for (const volume of objects(spec.volumes)) defaultVolume(volume);
}

function containersOf(spec: JsonObject): JsonObject[] {
  return [...objects(spec.initContainers), ...objects(spec.containers)];
}

function defaultContainer(container: JsonObject): void {
  set(container, 'terminationMessagePath', '/dev/termination-log');
  set(container, 'terminationMessagePolicy', 'File');
  set(container, 'resources', {});
  if (typeof container.image === 'string') set(container, 'imagePullPolicy', pullPolicy(container.image));
  for (const port of objects(container.ports)) set(port, 'protocol', 'TCP');
  for (const variable of objects(container.env)) {
    const reference = asObject(variable.valueFrom).fieldRef;
    if (isObject(reference)) set(reference, 'apiVersion', 'v1');
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (isObject(probe)) defaultProbe(probe);
  }
}

function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: JsonObject): void {
  set(probe, 'timeoutSeconds', 1);
  set(probe, 'periodSeconds', 10);
  set(probe, 'successThreshold', 1);
  set(probe, 'failureThreshold', 3);
  if (isObject(probe.httpGet)) {
    set(probe.httpGet, 'path', '/');
    set(probe.httpGet, 'scheme', 'HTTP');
  }
  if (isObject(probe.grpc)) set(probe.grpc, 'service', '');
}

function defaultVolume(volume: JsonObject): void {
  if (Object.keys(volume).length <= 1) volume.emptyDir = {};
  for (const source of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const settings = volume[source];
    if (isObject(settings)) set(settings, 'defaultMode', 0o644);
  }
  if (isObject(volume.hostPath)) set(volume.hostPath, 'type', '');
}

/** A limit without a request is also the request (Pod resource management). */
function requestsFromLimits(container: JsonObject): void {
  const resources = asObject(container.resources);
  for (const [name, limit] of Object.entries(asObject(resources.limits))) {
    set(child(resources, 'requests'), name, limit);
  }
}

function set(object: JsonObject, field: string, value: unknown): void {
  if (value !== undefined) object[field] ??= value;
}

function child(object: JsonObject, field: string): JsonObject {
  const present = object[field];
  if (isObject(present)) return present;
  const made: JsonObject = {};
  object[field] = made;
  return made;
}

function objects(list: unknown): JsonObject[] {
  return asArray(list).filter(isObject);
}

import type { KubernetesObject } from '../cluster.ts';
import { asArray, asObject, equalJson, isObject } from '../storage/json.ts';
import { validateLabels } from './metadata.ts';
import { validateIngress } from './ingress.ts';
import { samePodSpec, validatePodSpec } from './pods.ts';
import { isOneOf, type Problems } from './problems.ts';
import { validateService } from './services.ts';

type Rule = (object: KubernetesObject, problems: Problems, previous?: KubernetesObject) => void;

/** The rules of each built-in kind beyond types and metadata. */
export const RULES: Readonly<Record<string, Rule>> = {
  '/pods': (pod, problems, previous) => {
    validatePodSpec(asObject(pod.spec), 'spec', problems);
    if (previous !== undefined && !samePodSpec(pod.spec, previous.spec)) {
      problems.forbidden(
        'spec',
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      );
    }
  },
  '/services': validateService,
  '/configmaps': (map, problems, previous) => {
    validateData(map.data, 'data', problems);
    validateData(map.binaryData, 'binaryData', problems);
    refuseChangeOfImmutable(map, problems, previous);
  },
  '/secrets': (secret, problems, previous) => {
    validateData(secret.data, 'data', problems);
    if (previous !== undefined) unchanged('type', secret.type, previous.type, problems);
    refuseChangeOfImmutable(secret, problems, previous);
  },
  'apps/deployments': (deployment, problems, previous) => {
    const spec = asObject(deployment.spec);
    validateWorkload(spec, problems, previous);
    const strategy = asObject(spec.strategy);
    if (strategy.type !== 'RollingUpdate' && strategy.type !== 'Recreate') {
      problems.notSupported('spec.strategy.type', strategy.type, ['Recreate', 'RollingUpdate']);
    }
    if (strategy.type === 'Recreate' && strategy.rollingUpdate !== undefined) {
      problems.forbidden(
        'spec.strategy.rollingUpdate',
        "may not be specified when strategy `type` is 'Recreate'",
      );
    }
  },
  'apps/replicasets': (set, problems, previous) => {
    validateWorkload(asObject(set.spec), problems, previous);
  },
  'batch/jobs': validateJob,
  'networking.k8s.io/ingresses': validateIngress,
  'networking.k8s.io/ingressclasses': (ingressClass, problems) => {
    if (typeof asObject(ingressClass.spec).controller !== 'string') problems.required('spec.controller');
  },
  'discovery.k8s.io/endpointslices': (slice, problems, previous) => {
    const types = ['IPv4', 'IPv6', 'FQDN'];
    if (slice.addressType === undefined) problems.required('addressType');
    else if (!isOneOf(slice.addressType, types)) {
      problems.notSupported('addressType', slice.addressType, types);
    }
    if (previous !== undefined) unchanged('addressType', slice.addressType, previous.addressType, problems);
  },
  'rbac.authorization.k8s.io/roles': validatePolicyRules,
  'rbac.authorization.k8s.io/clusterroles': validatePolicyRules,
  'rbac.authorization.k8s.io/rolebindings': validateBinding,
  'rbac.authorization.k8s.io/clusterrolebindings': validateBinding,
};

/** `spec.replicas: Invalid value: -1: must be …` unless the value is absent or a whole number from zero. */
function nonNegative(value: unknown, field: string, problems: Problems): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || value < 0) {
    problems.invalid(field, value, 'must be greater than or equal to 0');
  }
}

function unchanged(field: string, value: unknown, before: unknown, problems: Problems): void {
  if (!equalJson(value, before)) problems.invalid(field, value, 'field is immutable');
}

function validateWorkload(
  spec: Record<string, unknown>,
  problems: Problems,
  previous?: KubernetesObject,
): void {
  nonNegative(spec.replicas, 'spec.replicas', problems);
  nonNegative(spec.minReadySeconds, 'spec.minReadySeconds', problems);
  const template = asObject(spec.template);
  const labels = asObject(asObject(template.metadata).labels);
  validateSelector(spec.selector, labels, problems);
  validateLabels(labels, 'spec.template.metadata.labels', problems);
  const podSpec = asObject(template.spec);
  validatePodSpec(podSpec, 'spec.template.spec', problems);
  if (podSpec.restartPolicy !== undefined && podSpec.restartPolicy !== 'Always') {
    problems.notSupported('spec.template.spec.restartPolicy', podSpec.restartPolicy, ['Always']);
  }
  if (previous !== undefined) {
    unchanged('spec.selector', spec.selector, asObject(previous.spec).selector, problems);
  }
}

function validateSelector(selector: unknown, labels: Record<string, unknown>, problems: Problems): void {
  if (!isObject(selector)) {
    problems.required('spec.selector');
    return;
  }
  const wanted = asObject(selector.matchLabels);
  validateLabels(wanted, 'spec.selector.matchLabels', problems);
  if (Object.keys(wanted).length === 0 && asArray(selector.matchExpressions).length === 0) {
    problems.invalid('spec.selector', selector, 'empty selector is invalid for deployment');
  } else if (Object.entries(wanted).some(([key, value]) => labels[key] !== value)) {
    problems.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
  }
}

function validateJob(job: KubernetesObject, problems: Problems, previous?: KubernetesObject): void {
  const spec = asObject(job.spec);
  for (const field of ['completions', 'parallelism', 'backoffLimit', 'ttlSecondsAfterFinished']) {
    nonNegative(spec[field], `spec.${field}`, problems);
  }
  const podSpec = asObject(asObject(spec.template).spec);
  validatePodSpec(podSpec, 'spec.template.spec', problems);
  const { restartPolicy } = podSpec;
  if (restartPolicy === 'Always') {
    problems.required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"');
  }
  if (previous === undefined) return;
  const before = asObject(previous.spec);
  for (const field of ['completions', 'selector', 'template', 'completionMode']) {
    unchanged(`spec.${field}`, spec[field], before[field], problems);
  }
}

const DATA_KEY = /^[-._a-zA-Z0-9]+$/;
const DATA_LIMIT = 1024 * 1024;

function validateData(data: unknown, field: string, problems: Problems): void {
  let size = 0;
  for (const [key, value] of Object.entries(asObject(data))) {
    if (key.length > 253 || !DATA_KEY.test(key)) {
      problems.invalid(
        `${field}[${key}]`,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      );
    }
    size += key.length + String(value).length;
  }
  if (size > DATA_LIMIT) problems.tooLong('', DATA_LIMIT);
}

function refuseChangeOfImmutable(
  object: KubernetesObject,
  problems: Problems,
  previous?: KubernetesObject,
): void {
  if (previous?.immutable !== true) return;
  if (object.immutable !== true)
    problems.forbidden('immutable', 'field is immutable when `immutable` is set');
  for (const field of ['data', 'binaryData']) {
    if (!equalJson(object[field], previous[field])) {
      problems.forbidden(field, 'field is immutable when `immutable` is set');
    }
  }
}

function validatePolicyRules(role: KubernetesObject, problems: Problems): void {
  asArray(role.rules).forEach((rule, i) => {
    const { verbs, resources, nonResourceURLs } = asObject(rule);
    if (asArray(verbs).length === 0)
      problems.required(`rules[${i}].verbs`, 'verbs must contain at least one value');
    if (asArray(resources).length === 0 && asArray(nonResourceURLs).length === 0) {
      problems.required(`rules[${i}].resources`, 'resource rules must supply at least one resource');
    }
  });
}

function validateBinding(binding: KubernetesObject, problems: Problems, previous?: KubernetesObject): void {
  const role = asObject(binding.roleRef);
  const kinds = binding.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!isOneOf(role.kind, kinds)) problems.notSupported('roleRef.kind', role.kind, kinds);
  if (typeof role.name !== 'string' || role.name === '') problems.required('roleRef.name');
  asArray(binding.subjects).forEach((subject, i) => {
    const { kind, name, namespace } = asObject(subject);
    if (typeof name !== 'string' || name === '') problems.required(`subjects[${i}].name`);
    if (kind === 'ServiceAccount' && (typeof namespace !== 'string' || namespace === '')) {
      problems.required(`subjects[${i}].namespace`);
    }
    if (!isOneOf(kind, ['ServiceAccount', 'User', 'Group'])) {
      problems.notSupported(`subjects[${i}].kind`, kind, ['ServiceAccount', 'User', 'Group']);
    }
  });
  if (previous !== undefined && !equalJson(binding.roleRef, previous.roleRef)) {
    problems.invalid('roleRef', binding.roleRef, 'cannot change roleRef');
  }
}

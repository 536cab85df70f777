import { containersOf, podOf } from './policies.mjs';

/**
 * Policies about how the objects of one stage fit together: mistakes that each file alone does not show.
 * They have the shape of the others, but `check` also gets `stage`, all objects of the same folder.
 */
export const references = [
  {
    name: 'object-is-unique',
    reason: 'of two objects with one name only the last is applied',
    mend: 'rename one of them, or remove it',
    *check(object, { stage }) {
      const first = stage.find((other) => idOf(other) === idOf(object));
      if (first !== object) yield [['metadata', 'name'], `${idOf(object)} is also in ${first.file}`];
    },
  },
  {
    name: 'name-is-valid',
    reason: 'names become parts of addresses, the API server refuses others',
    mend: 'use lower-case letters, digits and "-", at most 63, beginning and ending with a letter or digit',
    *check({ value }) {
      const name = value.metadata?.name;
      if (name === undefined) yield [['metadata'], 'metadata.name is required'];
      else if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) yield [['metadata', 'name'], `"${name}" is no valid name`];
      else if (value.kind === 'Service' && !/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
        yield [['metadata', 'name'], `"${name}" is no valid name of a Service`];
      }
    },
  },
  {
    name: 'selector-fits-template',
    reason: 'a workload that does not select its own pods is refused',
    mend: 'use the same labels in spec.selector.matchLabels and in spec.template.metadata.labels',
    *check({ value }) {
      if (!['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].includes(value.kind)) return;
      const labels = value.spec?.template?.metadata?.labels ?? {};
      for (const [key, wanted] of Object.entries(value.spec?.selector?.matchLabels ?? {})) {
        if (labels[key] !== wanted) yield [['spec', 'selector', 'matchLabels', key], `the pods do not have the label ${key}: ${wanted}`];
      }
    },
  },
  {
    name: 'service-finds-pods',
    reason: 'a Service without pods answers nobody',
    mend: 'let spec.selector be labels of the pods, and targetPort a port of their containers',
    *check({ value }, { stage }) {
      const selector = Object.entries(value.spec?.selector ?? {});
      if (value.kind !== 'Service' || selector.length === 0) return;
      const chosen = stage.filter((other) => {
        const labels = other.value.kind === 'Pod' ? other.value.metadata?.labels : other.value.spec?.template?.metadata?.labels;
        return podOf(other) && selector.every(([key, wanted]) => labels?.[key] === wanted);
      });
      if (chosen.length === 0) {
        yield [['spec', 'selector'], `no pods of this stage have the labels ${selector.map((pair) => pair.join('=')).join(',')}`];
        return;
      }
      const names = chosen.flatMap((other) => containersOf(other).flatMap(({ container }) => (container.ports ?? []).map((port) => port.name)));
      for (const [index, { targetPort }] of (value.spec.ports ?? []).entries()) {
        if (typeof targetPort === 'string' && !/^\d+$/.test(targetPort) && !names.includes(targetPort)) {
          yield [['spec', 'ports', index, 'targetPort'], `no container port has the name ${targetPort}`];
        }
      }
    },
  },
  {
    name: 'ingress-finds-service',
    reason: 'an Ingress to a missing Service answers with an error',
    mend: 'name a Service of this stage, and one of its ports',
    *check({ value }, { stage }) {
      if (value.kind !== 'Ingress') return;
      for (const [rule, { http }] of (value.spec?.rules ?? []).entries()) {
        for (const [index, { backend }] of (http?.paths ?? []).entries()) {
          if (!backend?.service) continue;
          const path = ['spec', 'rules', rule, 'http', 'paths', index, 'backend', 'service'];
          const service = stage.find((other) => other.value.kind === 'Service' && other.value.metadata?.name === backend.service.name);
          const { name, number } = backend.service.port ?? {};
          if (!service) yield [[...path, 'name'], `there is no Service ${backend.service.name} in this stage`];
          else if (!(service.value.spec?.ports ?? []).some((port) => (name ? port.name === name : port.port === number))) {
            yield [[...path, 'port', name ? 'name' : 'number'], `the Service ${backend.service.name} has no port ${name ?? number}`];
          }
        }
      }
    },
  },
  {
    name: 'configmap-exists',
    reason: 'a container that waits for a missing ConfigMap never starts',
    mend: 'add the ConfigMap to this stage, or correct the name',
    *check(object, { stage }) {
      const exists = (name) => stage.some(({ value }) => value.kind === 'ConfigMap' && value.metadata?.name === name);
      const missing = (reference) => reference && !reference.optional && !exists(reference.name);
      for (const { container, path } of containersOf(object)) {
        for (const [index, { configMapRef }] of (container.envFrom ?? []).entries()) {
          if (missing(configMapRef)) yield [[...path, 'envFrom', index, 'configMapRef', 'name'], `there is no ConfigMap ${configMapRef.name} in this stage`];
        }
        for (const [index, { valueFrom }] of (container.env ?? []).entries()) {
          const reference = valueFrom?.configMapKeyRef;
          if (missing(reference)) yield [[...path, 'env', index, 'valueFrom', 'configMapKeyRef', 'name'], `there is no ConfigMap ${reference.name} in this stage`];
        }
      }
      const pod = podOf(object);
      for (const [index, { configMap }] of (pod?.spec.volumes ?? []).entries()) {
        if (missing(configMap)) yield [[...pod.path, 'volumes', index, 'configMap', 'name'], `there is no ConfigMap ${configMap.name} in this stage`];
      }
    },
  },
];

function idOf({ value }) {
  return `${value.kind} ${value.metadata?.name}`;
}

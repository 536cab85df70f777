import type { KubernetesObject } from '../cluster.ts';
import { asArray, asObject } from '../storage/json.ts';
import { validateLabels } from './metadata.ts';
import { labelProblem } from './names.ts';
import { validatePortNumber } from './pods.ts';
import { isOneOf, type Problems } from './problems.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

/** Checks a Service. */
export function validateService(
  service: KubernetesObject,
  problems: Problems,
  previous?: KubernetesObject,
): void {
  const spec = asObject(service.spec);
  if (!isOneOf(spec.type, TYPES)) problems.notSupported('spec.type', spec.type, TYPES);
  validateLabels(spec.selector, 'spec.selector', problems);
  const ports = asArray(spec.ports);
  if (ports.length === 0 && spec.type !== 'ExternalName' && spec.clusterIP !== 'None') {
    problems.required('spec.ports');
  }
  if (spec.type === 'ExternalName' && typeof spec.externalName !== 'string') {
    problems.required('spec.externalName');
  }
  validatePorts(ports, problems);
  const before = asObject(asObject(previous?.spec)).clusterIP;
  if (
    typeof before === 'string' &&
    before !== '' &&
    spec.type !== 'ExternalName' &&
    spec.clusterIP !== before
  ) {
    problems.invalid('spec.clusterIP', spec.clusterIP, 'field is immutable');
  }
}

function validatePorts(ports: readonly unknown[], problems: Problems): void {
  const names = new Set<string>();
  const numbers = new Set<string>();
  ports.forEach((item, i) => {
    const { name, port, targetPort, protocol, nodePort } = asObject(item);
    const field = `spec.ports[${i}]`;
    if (typeof name !== 'string' || name === '') {
      if (ports.length > 1) problems.required(`${field}.name`);
    } else {
      const problem = labelProblem(name);
      if (problem !== undefined) problems.invalid(`${field}.name`, name, problem);
      if (names.has(name)) problems.duplicate(`${field}.name`, name);
      names.add(name);
    }
    if (port === undefined) problems.required(`${field}.port`);
    else validatePortNumber(port, `${field}.port`, problems);
    if (typeof targetPort === 'number') validatePortNumber(targetPort, `${field}.targetPort`, problems);
    if (nodePort !== undefined && nodePort !== 0) validatePortNumber(nodePort, `${field}.nodePort`, problems);
    const key = `${String(protocol)}/${String(port)}`;
    if (numbers.has(key)) problems.duplicate(field, { protocol, port });
    numbers.add(key);
  });
}

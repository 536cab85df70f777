import { asArray, asObject, cloneJson, equalJson, isObject, type JsonObject } from '../storage/json.ts';
import { labelProblem } from './names.ts';
import { isOneOf, type Problems } from './problems.ts';
import { compareQuantities, isQuantity } from './quantity.ts';

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

/** Checks a pod's spec, at `field` of the object that holds it. */
export function validatePodSpec(spec: JsonObject, field: string, problems: Problems): void {
  const volumes = validateVolumes(spec.volumes, `${field}.volumes`, problems);
  const names = new Set<string>();
  if (asArray(spec.containers).length === 0) problems.required(`${field}.containers`);
  for (const list of ['initContainers', 'containers']) {
    asArray(spec[list]).forEach((container, i) => {
      validateContainer(asObject(container), `${field}.${list}[${i}]`, { names, volumes }, problems);
    });
  }
  const policies = ['Always', 'OnFailure', 'Never'];
  if (spec.restartPolicy !== undefined && !isOneOf(spec.restartPolicy, policies)) {
    problems.notSupported(`${field}.restartPolicy`, spec.restartPolicy, policies);
  }
  const grace = spec.terminationGracePeriodSeconds;
  if (typeof grace === 'number' && grace < 0) {
    problems.invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0');
  }
}

/** Whether two pod specs differ at most where a living pod may be changed. */
export function samePodSpec(spec: unknown, previous: unknown): boolean {
  return equalJson(withoutMutable(spec), withoutMutable(previous));
}

function withoutMutable(spec: unknown): JsonObject {
  const copy = asObject(cloneJson(spec));
  // nodeName is set once, by the binding.
  for (const field of ['activeDeadlineSeconds', 'tolerations', 'nodeName']) delete copy[field];
  for (const container of [...asArray(copy.containers), ...asArray(copy.initContainers)]) {
    if (isObject(container)) delete container.image;
  }
  return copy;
}

interface Seen {
  readonly names: Set<string>;
  readonly volumes: ReadonlySet<string>;
}

function validateContainer(container: JsonObject, field: string, seen: Seen, problems: Problems): void {
  const { name, image } = container;
  if (typeof name !== 'string' || name === '') problems.required(`${field}.name`);
  else {
    const problem = labelProblem(name);
    if (problem !== undefined) problems.invalid(`${field}.name`, name, problem);
    if (seen.names.has(name)) problems.duplicate(`${field}.name`, name);
    seen.names.add(name);
  }
  if (typeof image !== 'string' || image === '') problems.required(`${field}.image`);
  else if (image.trim() !== image) {
    problems.invalid(`${field}.image`, image, 'must not have leading or trailing whitespace');
  }
  const policies = ['Always', 'IfNotPresent', 'Never'];
  if (container.imagePullPolicy !== undefined && !isOneOf(container.imagePullPolicy, policies)) {
    problems.notSupported(`${field}.imagePullPolicy`, container.imagePullPolicy, policies);
  }
  validatePorts(container.ports, `${field}.ports`, problems);
  validateEnvironment(container.env, `${field}.env`, problems);
  validateMounts(container.volumeMounts, `${field}.volumeMounts`, seen.volumes, problems);
  validateResources(container.resources, `${field}.resources`, problems);
  for (const probe of PROBES) {
    const value = container[probe];
    if (isObject(value)) validateProbe(value, `${field}.${probe}`, problems);
  }
}

function validatePorts(ports: unknown, field: string, problems: Problems): void {
  const names = new Set<string>();
  asArray(ports).forEach((item, i) => {
    const { containerPort, protocol, name } = asObject(item);
    if (containerPort === undefined) problems.required(`${field}[${i}].containerPort`);
    else validatePortNumber(containerPort, `${field}[${i}].containerPort`, problems);
    const protocols = ['SCTP', 'TCP', 'UDP'];
    if (protocol !== undefined && !isOneOf(protocol, protocols)) {
      problems.notSupported(`${field}[${i}].protocol`, protocol, protocols);
    }
    if (typeof name !== 'string') return;
    if (names.has(name)) problems.duplicate(`${field}[${i}].name`, name);
    names.add(name);
    if (name.length > 15) problems.invalid(`${field}[${i}].name`, name, 'must be no more than 15 characters');
  });
}

export function validatePortNumber(port: unknown, field: string, problems: Problems): void {
  if (typeof port !== 'number' || port < 1 || port > 65535) {
    problems.invalid(field, port, 'must be between 1 and 65535, inclusive');
  }
}

function validateEnvironment(env: unknown, field: string, problems: Problems): void {
  asArray(env).forEach((item, i) => {
    const { name, value, valueFrom } = asObject(item);
    if (typeof name !== 'string' || name === '') problems.required(`${field}[${i}].name`);
    if (valueFrom === undefined) return;
    if (typeof value === 'string' && value !== '') {
      problems.invalid(`${field}[${i}].valueFrom`, '', 'may not be specified when `value` is not empty');
    }
    if (Object.keys(asObject(valueFrom)).length !== 1) {
      problems.invalid(
        `${field}[${i}].valueFrom`,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      );
    }
  });
}

function validateMounts(
  mounts: unknown,
  field: string,
  volumes: ReadonlySet<string>,
  problems: Problems,
): void {
  const paths = new Set<unknown>();
  asArray(mounts).forEach((item, i) => {
    const { name, mountPath } = asObject(item);
    if (typeof name !== 'string' || name === '') problems.required(`${field}[${i}].name`);
    else if (!volumes.has(name)) problems.notFound(`${field}[${i}].name`, name);
    if (typeof mountPath !== 'string' || mountPath === '') problems.required(`${field}[${i}].mountPath`);
    else if (paths.has(mountPath)) {
      problems.invalid(`${field}[${i}].mountPath`, mountPath, 'must be unique');
    }
    paths.add(mountPath);
  });
}

function validateVolumes(volumes: unknown, field: string, problems: Problems): ReadonlySet<string> {
  const names = new Set<string>();
  asArray(volumes).forEach((item, i) => {
    const volume = asObject(item);
    const { name } = volume;
    if (typeof name !== 'string' || name === '') {
      problems.required(`${field}[${i}].name`);
      return;
    }
    const problem = labelProblem(name);
    if (problem !== undefined) problems.invalid(`${field}[${i}].name`, name, problem);
    if (names.has(name)) problems.duplicate(`${field}[${i}].name`, name);
    names.add(name);
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    for (const extra of sources.slice(1)) {
      problems.forbidden(`${field}[${i}].${extra}`, 'may not specify more than 1 volume type');
    }
  });
  return names;
}

function validateResources(resources: unknown, field: string, problems: Problems): void {
  const { limits, requests } = asObject(resources);
  for (const [part, amounts] of Object.entries({ limits, requests })) {
    for (const [name, amount] of Object.entries(asObject(amounts))) {
      if (!isQuantity(amount)) {
        problems.invalid(
          `${field}.${part}[${name}]`,
          amount,
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
      }
    }
  }
  for (const [name, request] of Object.entries(asObject(requests))) {
    const limit = asObject(limits)[name];
    if (
      limit !== undefined &&
      isQuantity(limit) &&
      isQuantity(request) &&
      compareQuantities(request, limit) > 0
    ) {
      problems.invalid(
        `${field}.requests`,
        request,
        `must be less than or equal to ${name} limit of ${String(limit)}`,
      );
    }
  }
}

function validateProbe(probe: JsonObject, field: string, problems: Problems): void {
  const handlers = HANDLERS.filter((handler) => probe[handler] !== undefined);
  if (handlers.length === 0) problems.required(field, 'must specify a handler type');
  for (const extra of handlers.slice(1)) {
    problems.forbidden(`${field}.${extra}`, 'may not specify more than 1 handler type');
  }
  for (const handler of ['httpGet', 'tcpSocket']) {
    const { [handler]: settings } = probe;
    if (!isObject(settings)) continue;
    if (settings.port === undefined) problems.required(`${field}.${handler}.port`);
    else if (typeof settings.port === 'number') {
      validatePortNumber(settings.port, `${field}.${handler}.port`, problems);
    }
  }
}

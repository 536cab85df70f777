import type { Container, EnvVar } from 'kubernetes-types/core/v1';
import type { Cluster } from '../cluster.ts';
import { types, type ConfigMap, type Pod, type Secret, type Service } from '../controllers/objects.ts';
import { ContainerError } from './command.ts';
import { expand } from './expansion.ts';
import { fieldValue } from './fields.ts';

export interface EnvironmentInput {
  readonly cluster: Cluster;
  readonly pod: Pod;
  readonly container: Container;
  /** `NAME=value` lines of the image. */
  readonly image: readonly string[];
  /** What a `fieldRef` of the status would say. */
  readonly address: string;
  readonly hostAddress: string;
}

const NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The whole environment of a container: of the image, of the Services of its namespace, and its own.
 * Nothing of this process is in it.
 * @throws ContainerError `CreateContainerConfigError` when a ConfigMap, Secret or key is missing.
 */
export function buildEnvironment(input: EnvironmentInput): Record<string, string> {
  const { cluster, pod, container, image } = input;
  const { namespace = '', name } = pod.metadata;
  const fromImage = Object.fromEntries(
    image.map((line) => {
      const equals = line.indexOf('=');
      return equals < 0 ? [line, ''] : [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
  const services = pod.spec.enableServiceLinks === false ? {} : serviceVariables(cluster, namespace);
  const own: Record<string, string> = {};
  for (const source of container.envFrom ?? []) {
    const found = source.configMapRef
      ? readConfigMap(cluster, namespace, source.configMapRef)
      : source.secretRef
        ? readSecret(cluster, namespace, source.secretRef)
        : {};
    for (const [key, value] of Object.entries(found ?? {})) {
      const variable = `${source.prefix ?? ''}${key}`;
      if (NAME.test(variable)) own[variable] = value;
    }
  }
  for (const variable of container.env ?? []) {
    const value =
      variable.valueFrom === undefined
        ? expand(variable.value ?? '', { ...services, ...own })
        : valueFrom(input, variable);
    if (value !== undefined) own[variable.name] = value;
  }
  return {
    PATH: DEFAULT_PATH,
    HOSTNAME: pod.spec.hostname ?? name,
    HOME: '/root',
    ...fromImage,
    ...services,
    ...own,
  };
}

function valueFrom(input: EnvironmentInput, { valueFrom: source }: EnvVar): string | undefined {
  const { cluster, pod, container } = input;
  const { namespace = '' } = pod.metadata;
  if (source?.configMapKeyRef) {
    const { key, name = '', optional = false } = source.configMapKeyRef;
    const value = readConfigMap(cluster, namespace, { name, optional })?.[key];
    if (value === undefined && !optional) throw missingKey(key, 'ConfigMap', namespace, name);
    return value;
  }
  if (source?.secretKeyRef) {
    const { key, name = '', optional = false } = source.secretKeyRef;
    const value = readSecret(cluster, namespace, { name, optional })?.[key];
    if (value === undefined && !optional) throw missingKey(key, 'Secret', namespace, name);
    return value;
  }
  if (source?.fieldRef) {
    const { fieldPath } = source.fieldRef;
    if (fieldPath === 'status.podIP' || fieldPath === 'status.podIPs') return input.address;
    if (fieldPath === 'status.hostIP' || fieldPath === 'status.hostIPs') return input.hostAddress;
    return fieldValue(pod, fieldPath);
  }
  if (source?.resourceFieldRef) {
    const { resource, containerName, divisor } = source.resourceFieldRef;
    const target =
      pod.spec.containers.find((other) => other.name === (containerName ?? container.name)) ?? container;
    return resourceValue(target, resource, divisor);
  }
  return undefined;
}

interface Reference {
  readonly name?: string;
  readonly optional?: boolean;
}

/** The texts of a ConfigMap; undefined when it is missing and may be. */
function readConfigMap(
  cluster: Cluster,
  namespace: string,
  { name = '', optional = false }: Reference,
): Record<string, string> | undefined {
  const map = cluster.get<ConfigMap>(types.configMaps, namespace, name);
  if (map === undefined && !optional) {
    throw new ContainerError('CreateContainerConfigError', `configmap "${name}" not found`);
  }
  return map && { ...map.data };
}

/** The texts of a Secret; undefined when it is missing and may be. */
function readSecret(
  cluster: Cluster,
  namespace: string,
  { name = '', optional = false }: Reference,
): Record<string, string> | undefined {
  const secret = cluster.get<Secret>(types.secrets, namespace, name);
  if (secret === undefined && !optional) {
    throw new ContainerError('CreateContainerConfigError', `secret "${name}" not found`);
  }
  return (
    secret &&
    Object.fromEntries(
      Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    )
  );
}

function missingKey(key: string, kind: string, namespace: string, name: string): ContainerError {
  return new ContainerError(
    'CreateContainerConfigError',
    `couldn't find key ${key} in ${kind} ${namespace}/${name}`,
  );
}

/** `STOREFRONT_SERVICE_HOST` and the like, for every Service of the namespace with an address. */
function serviceVariables(cluster: Cluster, namespace: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { metadata, spec } of cluster.list<Service>(types.services, { namespace })) {
    const { clusterIP: host, ports = [] } = spec;
    const [first] = ports;
    if (host === undefined || host === 'None' || host === '' || first === undefined) continue;
    const prefix = shout(metadata.name);
    variables[`${prefix}_SERVICE_HOST`] = host;
    variables[`${prefix}_SERVICE_PORT`] = String(first.port);
    variables[`${prefix}_PORT`] = `tcp://${host}:${first.port}`;
    for (const { name, port, protocol = 'TCP' } of ports) {
      if (name !== undefined && name !== '')
        variables[`${prefix}_SERVICE_PORT_${shout(name)}`] = String(port);
      const long = `${prefix}_PORT_${port}_${protocol}`;
      variables[long] = `${protocol.toLowerCase()}://${host}:${port}`;
      variables[`${long}_PROTO`] = protocol.toLowerCase();
      variables[`${long}_PORT`] = String(port);
      variables[`${long}_ADDR`] = host;
    }
  }
  return variables;
}

function shout(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function resourceValue(container: Container, resource: string, divisor: string | undefined): string {
  const [list = '', name = ''] = resource.split('.', 2);
  const amounts = list === 'limits' ? container.resources?.limits : container.resources?.requests;
  const amount = quantity(amounts?.[name] ?? '0');
  const unit = quantity(divisor === undefined || divisor === '0' ? '1' : divisor);
  return String(Math.ceil(amount / unit));
}

const SUFFIXES: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A quantity (`250m`, `64Mi`) as a number; what is none counts as 0. */
export function quantity(text: string | number): number {
  const [, number = '0', suffix = ''] = /^([\d.]+(?:e\d+)?)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  return Number(number) * (SUFFIXES[suffix] ?? 0);
}

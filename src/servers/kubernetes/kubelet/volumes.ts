import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Container, KeyToPath, Volume, VolumeProjection } from 'kubernetes-types/core/v1';
import { isInside, writeFileAtomic } from '../../../lib/fs.ts';
import type { Cluster } from '../cluster.ts';
import { types, type ConfigMap, type Pod, type Secret } from '../controllers/objects.ts';
import { ELSEWHERE } from './command.ts';
import { fieldValue } from './fields.ts';

/** A volume cannot be set up, now or ever. */
class MountError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MountError';
  }
}

/** A place in a container's file system that is not of its image. */
export interface Mount {
  readonly containerPath: string;
  readonly realPath: string;
  readonly writable: boolean;
}

type Files = Record<string, Buffer>;

/**
 * Makes the pod's volumes below a folder, or brings them up to date: the files of ConfigMaps and Secrets change with
 * them, each one atomically.
 * @throws MountError
 */
export async function prepareVolumes(cluster: Cluster, pod: Pod, folder: string): Promise<void> {
  for (const volume of pod.spec.volumes ?? []) {
    const place = join(folder, volume.name);
    await mkdir(place, { recursive: true, mode: 0o700 });
    if (volume.emptyDir) continue;
    await writeFiles(place, filesOf(cluster, pod, volume));
  }
}

/** Whether the pod has a volume with content of this ConfigMap or Secret. */
export function usesSource(pod: Pod, kind: 'ConfigMap' | 'Secret', name: string): boolean {
  const sources = (pod.spec.volumes ?? []).flatMap((volume): VolumeProjection[] => [
    {
      ...(volume.configMap ? { configMap: volume.configMap } : {}),
      ...(volume.secret ? { secret: { name: volume.secret.secretName ?? '' } } : {}),
    },
    ...(volume.projected?.sources ?? []),
  ]);
  return sources.some(
    (source) => (kind === 'ConfigMap' ? source.configMap?.name : source.secret?.name) === name,
  );
}

/** Where a container sees the pod's volumes. */
export function mountsOf(container: Container, pod: Pod, folder: string): Mount[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, subPath = '', readOnly = false }) => {
    const place = join(folder, name);
    const realPath = join(place, subPath);
    if (!isInside(place, realPath)) throw new MountError(`subPath "${subPath}" leaves the volume "${name}"`);
    const volume = pod.spec.volumes?.find((other) => other.name === name);
    return {
      containerPath: posix.normalize(posix.join('/', mountPath)).replace(/(?<=.)\/$/, ''),
      realPath,
      writable: !readOnly && volume?.emptyDir !== undefined,
    };
  });
}

function filesOf(cluster: Cluster, pod: Pod, volume: Volume): Files {
  const { namespace = '' } = pod.metadata;
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) {
    return select(
      configMapFiles(cluster, namespace, configMap),
      configMap.items,
      `configmap "${configMap.name ?? ''}"`,
    );
  }
  if (secret) {
    const { secretName: name = '', optional = false, items } = secret;
    return select(secretFiles(cluster, namespace, { name, optional }), items, `secret "${name}"`);
  }
  if (downwardAPI) return downwardFiles(pod, downwardAPI.items ?? []);
  if (projected) {
    return Object.assign(
      {},
      ...(projected.sources ?? []).map((source) => projectedFiles(cluster, pod, source)),
    ) as Files;
  }
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  throw new MountError(
    `volumes of the kind ${kind} do not exist in this cluster: emptyDir, configMap, secret, downwardAPI and projected do; ${ELSEWHERE}`,
  );
}

function projectedFiles(cluster: Cluster, pod: Pod, source: VolumeProjection): Files {
  const { namespace = '' } = pod.metadata;
  const { configMap, secret, downwardAPI } = source;
  if (configMap) {
    return select(
      configMapFiles(cluster, namespace, configMap),
      configMap.items,
      `configmap "${configMap.name ?? ''}"`,
    );
  }
  if (secret)
    return select(secretFiles(cluster, namespace, secret), secret.items, `secret "${secret.name ?? ''}"`);
  if (downwardAPI) return downwardFiles(pod, downwardAPI.items ?? []);
  throw new MountError(
    'projected volumes of this cluster have the sources configMap, secret and downwardAPI',
  );
}

interface Reference {
  readonly name?: string;
  readonly optional?: boolean;
}

function configMapFiles(
  cluster: Cluster,
  namespace: string,
  { name = '', optional = false }: Reference,
): Files {
  const map = cluster.get<ConfigMap>(types.configMaps, namespace, name);
  if (map === undefined && !optional) throw new MountError(`configmap "${name}" not found`);
  const texts = Object.entries(map?.data ?? {}).map(([key, text]): [string, Buffer] => [
    key,
    Buffer.from(text),
  ]);
  const binary = Object.entries(map?.binaryData ?? {}).map(([key, text]): [string, Buffer] => [
    key,
    Buffer.from(text, 'base64'),
  ]);
  return Object.fromEntries([...texts, ...binary]);
}

function secretFiles(cluster: Cluster, namespace: string, { name = '', optional = false }: Reference): Files {
  const secret = cluster.get<Secret>(types.secrets, namespace, name);
  if (secret === undefined && !optional) throw new MountError(`secret "${name}" not found`);
  return Object.fromEntries(
    Object.entries(secret?.data ?? {}).map(([key, text]): [string, Buffer] => [
      key,
      Buffer.from(text, 'base64'),
    ]),
  );
}

function downwardFiles(
  pod: Pod,
  items: readonly { path: string; fieldRef?: { fieldPath: string } }[],
): Files {
  return Object.fromEntries(
    items.map(({ path, fieldRef }): [string, Buffer] => [
      path,
      Buffer.from(fieldRef ? (fieldValue(pod, fieldRef.fieldPath) ?? '') : ''),
    ]),
  );
}

/** The chosen keys under their paths, or all keys under their names. */
function select(files: Files, items: readonly KeyToPath[] | undefined, what: string): Files {
  if (items === undefined) return files;
  return Object.fromEntries(
    items.map(({ key, path }): [string, Buffer] => {
      const content = files[key];
      if (content === undefined) throw new MountError(`${what} has no key "${key}"`);
      return [path, content];
    }),
  );
}

async function writeFiles(place: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(place, name);
    if (!isInside(place, file)) throw new MountError(`the path "${name}" leaves the volume`);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, content);
  }
  const top = new Set(Object.keys(files).map((name) => name.split('/')[0]));
  for (const name of await readdir(place)) {
    if (!top.has(name)) await rm(join(place, name), { recursive: true, force: true });
  }
}

import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container } from 'kubernetes-types/core/v1';
import { messageOf } from '../../../lib/errors.ts';
import { isInside } from '../../../lib/fs.ts';
import { ContainerError, nodeArguments, safeEnvironment } from './command.ts';
import type { ProcessOptions } from './container-process.ts';
import { buildEnvironment, quantity } from './environment.ts';
import type { Image } from './image-store.ts';
import type { PodEnvironment } from './pod-environment.ts';
import { createTranslation } from './preload-files.ts';
import { mountsOf } from './volumes.ts';

/**
 * How a container of an image is run in its pod.
 * @throws ContainerError for what is missing or cannot run here, MountError.
 */
export async function planContainer(
  host: PodEnvironment,
  spec: Container,
  image: Image,
): Promise<ProcessOptions> {
  const { address, hostAddress, cluster, folder, ports } = host;
  const pod = host.pod();
  const settings = image.config.config;
  const environment = {
    ...buildEnvironment({
      cluster,
      pod,
      container: spec,
      image: settings?.Env ?? [],
      address,
      hostAddress,
    }),
    ...(Object.keys(ports).length === 0 ? {} : { PORT: String(firstPort(host, spec)) }),
  };
  const scratch = join(folder, 'containers', spec.name);
  const tmp = join(scratch, 'tmp');
  const message = join(scratch, 'termination-log');
  await mkdir(tmp, { recursive: true, mode: 0o700 });
  const volumes = mountsOf(spec, pod, join(folder, 'volumes'));
  const mounts: (readonly [string, string])[] = [
    ...(volumes.some(({ containerPath }) => containerPath === '/tmp') ? [] : [['/tmp', tmp] as const]),
    [spec.terminationMessagePath ?? '/dev/termination-log', message],
    ...volumes.map(({ containerPath, realPath }) => [containerPath, realPath] as const),
  ];
  const translate = createTranslation({ root: image.root, mounts });
  const toReal = (path: string) => String(translate(path));
  const workingDir =
    spec.workingDir ??
    (settings?.WorkingDir === undefined || settings.WorkingDir === '' ? '/' : settings.WorkingDir);
  const cwd = await workingDirectory(host.folder, image, toReal(workingDir), workingDir);
  const writable = [tmp, ...volumes.filter((mount) => mount.writable).map(({ realPath }) => realPath)];
  const limit = spec.resources?.limits?.memory;
  return {
    args: nodeArguments(spec, settings, environment, workingDir, toReal),
    environment: safeEnvironment(spec.name, environment),
    cwd,
    runtime: {
      address,
      hostname: pod.spec.hostname ?? pod.metadata.name,
      namespace: pod.metadata.namespace ?? '',
      root: image.root,
      mounts,
      ports,
      ownPorts: pod.spec.containers
        .flatMap((container) => container.ports ?? [])
        .map(({ containerPort }) => containerPort),
      names: host.names,
    },
    preload: host.preload,
    readable: volumes.map(({ realPath }) => realPath),
    writable: [message, ...writable],
    ...(limit === undefined ? {} : { memory: quantity(limit) }),
  };
}

/** Runtimes make a missing working directory; this one does so inside the image's folder or a volume. */
async function workingDirectory(
  podFolder: string,
  image: Image,
  real: string,
  name: string,
): Promise<string> {
  try {
    if (isInside(image.root, real)) await mkdir(real, { recursive: true });
    const resolved = await realpath(real);
    if (isInside(await realpath(image.root), resolved) || isInside(podFolder, real)) return real;
  } catch (error) {
    throw new ContainerError(
      'RunContainerError',
      `the working directory "${name}" cannot be used: ${messageOf(error)}`,
    );
  }
  throw new ContainerError('RunContainerError', `the working directory "${name}" leaves the image`);
}

/** The real port for a number or a name of the container's ports. */
export function realPort(pod: PodEnvironment, spec: Container, port: number | string): number {
  const number =
    typeof port === 'number'
      ? port
      : (spec.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port));
  if (Number.isNaN(number)) throw new Error(`couldn't find port: ${port}`);
  return pod.ports[String(number)] ?? number;
}

function firstPort(pod: PodEnvironment, spec: Container): number {
  const [first] = spec.ports ?? [];
  return first === undefined ? 0 : realPort(pod, spec, first.containerPort);
}

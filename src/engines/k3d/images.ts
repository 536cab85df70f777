import type Docker from 'dockerode';
import { imagePin, imageTagged, type ImageName } from '../components/pins.ts';
import { explainDocker, isMissing } from './docker.ts';

/** The images that the Docker engine itself runs; everything else is pulled by the nodes. */
export const nodeImages: readonly ImageName[] = ['k3s', 'k3d-proxy', 'k3d-tools', 'registry'];

/**
 * The reference under which the Docker engine has an image: by its digest, or by its tag alone, as it is after it came out
 * of a bundle, which the older image store of Docker gives no digest. Undefined when it is not there.
 */
export async function presentReference(docker: Docker, name: ImageName): Promise<string | undefined> {
  for (const reference of [imagePin(name), imageTagged(name)]) {
    try {
      await docker.getImage(reference).inspect();
      return reference;
    } catch (error) {
      if (!isMissing(error)) throw explainDocker(error, `looking for the image ${reference}`);
    }
  }
  return undefined;
}

/**
 * Makes the Docker engine have an image, and gives the reference by which it does.
 * @throws PlaygroundError that says why it could not be pulled: no internet, a limit, a full disk.
 */
export async function ensureImage(
  docker: Docker,
  name: ImageName,
  progress: (message: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const present = await presentReference(docker, name);
  if (present !== undefined) return present;
  const reference = imagePin(name);
  progress(`pulling ${name}`);
  try {
    await pull(
      docker,
      reference,
      (message) => {
        progress(`pulling ${name}: ${message}`);
      },
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    throw explainDocker(error, `pulling ${reference}`);
  }
  return reference;
}

interface PullEvent {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
}

async function pull(
  docker: Docker,
  reference: string,
  progress: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const stream = await docker.pull(reference, { abortSignal: signal });
  const layers = new Map<string, { current: number; total: number }>();
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error: Error | null) => {
        if (error === null) resolve();
        else reject(error);
      },
      ({ id, status, progressDetail, error }: PullEvent) => {
        if (error !== undefined) reject(new PullRefused(error));
        if (id === undefined || status !== 'Downloading' || progressDetail?.total === undefined) return;
        layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total });
        progress(sum(layers));
      },
    );
  });
}

/** The words of a pull that the engine reports in its stream, not by a status. */
class PullRefused extends Error {
  readonly statusCode = 500;
}

function sum(layers: ReadonlyMap<string, { current: number; total: number }>): string {
  const mebibytes = (key: 'current' | 'total') =>
    Math.round([...layers.values()].reduce((total, layer) => total + layer[key], 0) / 1024 / 1024);
  return `${mebibytes('current')} of ${mebibytes('total')} MiB`;
}

/** Loads a `docker save` archive into the engine. */
export async function loadImages(docker: Docker, archive: NodeJS.ReadableStream): Promise<void> {
  try {
    const stream = await docker.loadImage(archive, { quiet: true });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error: Error | null) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  } catch (error) {
    throw explainDocker(error, 'loading the images of the bundle');
  }
}

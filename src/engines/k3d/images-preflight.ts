import type Docker from 'dockerode';
import { PublicRegistry } from '../../clients/public-registry.ts';
import { parseImageReference } from '../../clients/image-reference.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Finding } from '../engine.ts';
import { imagePin } from '../components/pins.ts';
import { nodeImages, presentReference } from './images.ts';

/** Milliseconds in which a registry of the internet has to answer. */
const ANSWER_LIMIT_MS = 1500;

const title = 'Images';

/**
 * Whether the images can be had: those that the Docker engine runs are there, or a bundle brings them, or the registries
 * (or the engine's mirror of Docker Hub) answer. What pods need is pulled by the nodes, from the same registries.
 * @param references of the pods' images.
 */
export async function judgeImages(
  docker: Docker,
  references: readonly string[],
  mirrors: readonly string[],
  bundle: string | undefined,
): Promise<Finding> {
  if (bundle !== undefined) return { title, level: 'ok', detail: `come from the bundle ${bundle}` };
  const present = await Promise.all(nodeImages.map((name) => presentReference(docker, name)));
  const missing = nodeImages.filter((_name, index) => present[index] === undefined);
  const hosts = [...new Set([...missing.map(imagePin), ...references].map(hostOf))].sort();
  const detail = `${nodeImages.length - missing.length} of ${nodeImages.length} images of the nodes are here`;
  const silent = (await Promise.all(hosts.map((host) => ask(host, mirrors)))).flat();
  if (silent.length === 0) {
    return {
      title,
      level: 'ok',
      detail: `${detail}; the others come from ${hosts.join(', ')}, which answer`,
    };
  }
  return {
    title,
    level: 'fail',
    detail: `${detail}; ${silent.join('; ')}`,
    mend: 'check the internet connection and the proxy, or bring a bundle: up --bundle FILE',
  };
}

function hostOf(reference: string): string {
  return parseImageReference(reference).registry;
}

/** Why a registry, or every mirror of it, cannot be had; nothing when one answers. */
async function ask(host: string, mirrors: readonly string[]): Promise<string[]> {
  // The Docker engine has mirrors for Docker Hub alone.
  const places =
    host === 'docker.io' ? [...mirrors.map((mirror) => mirror.replace(/\/+$/, '')), host] : [host];
  const answers = await Promise.all(
    places.map((place) =>
      new PublicRegistry(place).ping(ANSWER_LIMIT_MS).then(
        () => undefined,
        (error: unknown) => `${host} does not answer: ${messageOf(error)}`,
      ),
    ),
  );
  return answers.includes(undefined) ? [] : answers.slice(-1).filter((reason) => reason !== undefined);
}

import { PlaygroundError } from '../lib/errors.ts';
import { isContentDigest, isRepositoryName, isTag } from './oci.ts';

/** An image's name taken apart: `registry/repository[:tag][@digest]`. */
export interface ImageReference {
  /** `host` or `host:port`; `docker.io` where the text names no registry. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/**
 * Takes an image reference apart by the rules that docker and Kubernetes follow: the first part is a registry when
 * it has a dot or a port or is `localhost`, and a bare name of Docker Hub is below `library/`. No tag is made up.
 * @throws PlaygroundError `image-reference-invalid`.
 */
export function parseImageReference(text: string): ImageReference {
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0) throw invalid(text, 'it has more than one "@"');
  if (digest !== undefined && !isContentDigest(digest)) {
    throw invalid(text, `"${digest}" is not a sha256 or sha512 digest`);
  }
  const slash = named.indexOf('/');
  const first = named.slice(0, Math.max(slash, 0));
  const hasRegistry = /[.:]/.test(first) || first === 'localhost';
  const registry = hasRegistry ? first : 'docker.io';
  if (!/^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(registry)) {
    throw invalid(text, `"${registry}" is not a registry's host`);
  }
  const path = hasRegistry ? named.slice(slash + 1) : named;
  const colon = path.indexOf(':');
  const name = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  const repository = registry === 'docker.io' && !name.includes('/') ? `library/${name}` : name;
  if (!isRepositoryName(repository)) throw invalid(text, `"${name}" is not a repository name`);
  if (tag !== undefined && !isTag(tag)) throw invalid(text, `"${tag}" is not a tag`);
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function invalid(text: string, reason: string): PlaygroundError {
  return new PlaygroundError({
    code: 'image-reference-invalid',
    message: `"${text.slice(0, 300)}" is not an image reference: ${reason}`,
    hint: 'write it as host:port/name[:tag][@sha256:…], with lower-case names',
  });
}

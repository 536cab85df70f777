import { Transform } from 'node:stream';
import { contentDigest, hasherFor, type Descriptor, type ImageIndex, type Platform } from '../oci.ts';

/** Content is not what its digest or size says: it was changed or cut off on its way, or in the registry. */
export class ContentMismatch extends Error {
  readonly digest: string;

  constructor(digest: string, detail: string) {
    super(`the content that was received for ${digest} is not that content: ${detail}`);
    this.name = 'ContentMismatch';
    this.digest = digest;
  }
}

/** The platform of the host in the words of images: `linux` and `amd64` or `arm64`. */
export function hostPlatform(): Platform {
  return { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
}

/** Passes content on and fails at its end when it is not that of the digest, or earlier when it is too long. */
export function verifying(digest: string, size: number): Transform {
  const hash = hasherFor(digest);
  const [algorithm = ''] = digest.split(':');
  let received = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > size) {
        done(new ContentMismatch(digest, `it is longer than the ${size} bytes announced`));
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const actual = `${algorithm}:${hash.digest('hex')}`;
      if (received !== size) done(new ContentMismatch(digest, `${received} bytes in place of ${size}`));
      else done(actual === digest ? null : new ContentMismatch(digest, `its digest is ${actual}`));
    },
  });
}

/** @throws ContentMismatch when these are not the bytes of the digest. */
export function verify(digest: string, bytes: Uint8Array): void {
  const actual = contentDigest(bytes, digest.split(':')[0]);
  if (actual !== digest) throw new ContentMismatch(digest, `its digest is ${actual}`);
}

/** The entry of an index for a platform. @throws ContentMismatch when it has none. */
export function choosePlatform(index: ImageIndex, wanted: Platform, digest: string): Descriptor {
  const images = index.manifests.filter((entry) => entry.platform?.os !== 'unknown');
  const fits = ({ platform }: Descriptor) =>
    platform?.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    (wanted.variant === undefined || platform.variant === wanted.variant);
  const [only] = images.length === 1 && images[0]?.platform === undefined ? images : [];
  const chosen = images.find(fits) ?? only;
  if (chosen !== undefined) return chosen;
  const offered = images.map(({ platform }) => `${platform?.os ?? '?'}/${platform?.architecture ?? '?'}`);
  throw new ContentMismatch(
    digest,
    `the index has no image for ${wanted.os}/${wanted.architecture}, only ${offered.join(', ') || 'none'}`,
  );
}

/** @throws ContentMismatch when it is no JSON. */
export function parseDocument<T>(bytes: Buffer, what: string): T {
  try {
    return JSON.parse(bytes.toString('utf8')) as T;
  } catch {
    throw new ContentMismatch(what, 'it is not JSON');
  }
}

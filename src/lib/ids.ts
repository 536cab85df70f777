import { createHash } from 'node:crypto';

declare const brand: unique symbol;

/** An OCI content digest, `sha256:` and 64 hexadecimal digits. */
export type Digest = string & { readonly [brand]: 'Digest' };

/** A full git commit id, 40 hexadecimal digits. */
export type Revision = string & { readonly [brand]: 'Revision' };

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const REVISION = /^[0-9a-f]{40}$/;

function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

function isRevision(text: string): text is Revision {
  return REVISION.test(text);
}

/** @throws TypeError when the text is no sha256 digest; check outside input with `isDigest` first. */
function asDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new TypeError(`not a sha256 digest: ${text.slice(0, 80)}`);
}

/** @throws TypeError when the text is no full commit id; check outside input with `isRevision` first. */
export function asRevision(text: string): Revision {
  if (isRevision(text)) return text;
  throw new TypeError(`not a full commit id: ${text.slice(0, 80)}`);
}

export function sha256(content: string | Uint8Array): Digest {
  return asDigest(`sha256:${createHash('sha256').update(content).digest('hex')}`);
}

/** How a commit is shown to people: its first seven digits. */
export function shortRevision(revision: string): string {
  return revision.slice(0, 7);
}

import { isContentDigest, isRepositoryName, isTag } from '../../clients/oci.ts';
import { RegistryRefusal } from './errors.ts';

/** What stands in a request is checked here before anything else sees it; no other text ever becomes a path. */

export function repositoryName(text: string): string {
  if (isRepositoryName(text)) return text;
  throw new RegistryRefusal(400, 'NAME_INVALID', `"${shown(text)}" is not a repository name`);
}

export function digestName(text: string): string {
  if (isContentDigest(text)) return text;
  throw new RegistryRefusal(400, 'DIGEST_INVALID', `"${shown(text)}" is not a sha256 or sha512 digest`);
}

/** A manifest is asked for by a tag, or by a digest, which is what has a colon. */
export type Reference =
  { readonly kind: 'tag'; readonly tag: string } | { readonly kind: 'digest'; readonly digest: string };

export function referenceName(text: string): Reference {
  if (text.includes(':')) return { kind: 'digest', digest: digestName(text) };
  return { kind: 'tag', tag: tagName(text) };
}

/** The reference of a manifest to read: what cannot be a tag is simply not there, as the conformance suite wants it. */
export function readReference(text: string): Reference {
  if (text.includes(':') || isTag(text)) return referenceName(text);
  throw new RegistryRefusal(404, 'MANIFEST_UNKNOWN', `there is no manifest "${shown(text)}"`);
}

export function tagName(text: string): string {
  if (isTag(text)) return text;
  throw new RegistryRefusal(400, 'TAG_INVALID', `"${shown(text)}" is not a tag`);
}

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

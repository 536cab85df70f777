import { isContentDigest, mediaTypes, type Descriptor } from '../../clients/oci.ts';
import { RegistryRefusal } from './errors.ts';

/** What the registry understands of a manifest; the bytes are kept as they came. */
export interface ManifestDocument {
  readonly mediaType: string;
  /** Configuration and layers: blobs of the repository. Layers that live elsewhere (`urls`) are left out. */
  readonly blobs: readonly Descriptor[];
  /** Manifests that an index lists. */
  readonly manifests: readonly Descriptor[];
  readonly subject: string | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const IMAGES: readonly string[] = [mediaTypes.manifest, mediaTypes.dockerManifest];
const INDEXES: readonly string[] = [mediaTypes.index, mediaTypes.dockerManifestList];

/**
 * Reads an image manifest or index of OCI or Docker schema 2.
 * @param contentType as the request says; the document's own `mediaType` must not differ from it.
 * @throws RegistryRefusal MANIFEST_INVALID with the place that is wrong.
 */
export function parseManifest(bytes: Buffer, contentType: string | undefined): ManifestDocument {
  const fields = parseObject(bytes);
  const mediaType = mediaTypeOf(fields, contentType?.split(';')[0]?.trim().toLowerCase());
  if (fields.schemaVersion !== 2) throw invalid('schemaVersion must be 2');
  const annotations = fields.annotations === undefined ? undefined : stringMap(fields.annotations);
  const subject = fields.subject === undefined ? undefined : descriptor(fields.subject, 'subject').digest;
  const given = text(fields.artifactType);
  if (INDEXES.includes(mediaType)) {
    const manifests = list(fields.manifests, 'manifests').map((entry, at) =>
      descriptor(entry, `manifests[${at}]`),
    );
    return { mediaType, blobs: [], manifests, subject, artifactType: given, annotations };
  }
  const config = descriptor(fields.config, 'config');
  const layers = list(fields.layers, 'layers')
    .map((entry, at) => ({ ...descriptor(entry, `layers[${at}]`), elsewhere: hasUrls(entry) }))
    .filter(({ elsewhere }) => !elsewhere);
  return {
    mediaType,
    blobs: [config, ...layers],
    manifests: [],
    subject,
    // "Listing Referrers": a manifest without an artifactType is known by its configuration's media type.
    artifactType: given ?? config.mediaType,
    annotations,
  };
}

function parseObject(bytes: Buffer): Fields {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid('it is not JSON');
  }
  return object(value, 'the document');
}

function mediaTypeOf(fields: Fields, contentType: string | undefined): string {
  const own = text(fields.mediaType);
  const announced = contentType === 'application/json' ? undefined : contentType;
  if (own !== undefined && announced !== undefined && own !== announced) {
    throw invalid(`its mediaType is ${own}, its Content-Type ${announced}`);
  }
  const mediaType =
    announced ?? own ?? (Array.isArray(fields.manifests) ? mediaTypes.index : mediaTypes.manifest);
  if (IMAGES.includes(mediaType) || INDEXES.includes(mediaType)) return mediaType;
  throw invalid(`manifests of the media type "${mediaType.slice(0, 100)}" are not stored here`);
}

function descriptor(value: unknown, place: string): Descriptor {
  const { mediaType, digest, size } = object(value, place);
  if (typeof digest !== 'string' || !isContentDigest(digest))
    throw invalid(`${place}.digest is not a digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw invalid(`${place}.size is not a number of bytes`);
  }
  if (typeof mediaType !== 'string' || mediaType === '') throw invalid(`${place}.mediaType is missing`);
  return { mediaType, digest, size };
}

function hasUrls(entry: unknown): boolean {
  const { urls } = object(entry, 'a layer');
  return Array.isArray(urls) && urls.length > 0;
}

function list(value: unknown, place: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(`${place} is not a list`);
}

function object(value: unknown, place: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(`${place} is not an object`);
}

function stringMap(value: unknown): Record<string, string> {
  const fields = object(value, 'annotations');
  for (const [name, entry] of Object.entries(fields)) {
    if (typeof entry !== 'string') throw invalid(`annotations["${name.slice(0, 80)}"] is not a text`);
  }
  return fields as Record<string, string>;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function invalid(reason: string): RegistryRefusal {
  return new RegistryRefusal(400, 'MANIFEST_INVALID', `the manifest is invalid: ${reason}`);
}

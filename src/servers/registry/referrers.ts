import { mediaTypes, type Descriptor, type ImageIndex } from '../../clients/oci.ts';
import { sendJson, type Exchange } from './exchange.ts';

/**
 * GET of what refers to a manifest by its `subject`: signatures, SBOMs ("Listing Referrers"). An unknown manifest has
 * none, which is an empty index and not an error.
 */
export function listReferrers(
  { response, query, parts }: Exchange,
  repository: string,
  digest: string,
): void {
  const wanted = query.get('artifactType');
  const manifests: Descriptor[] = [];
  for (const [referrer, entry] of parts.catalog.manifests(repository)) {
    const { mediaType, size, subject, artifactType, annotations } = entry;
    if (subject !== digest || (wanted !== null && artifactType !== wanted)) continue;
    manifests.push({
      mediaType,
      digest: referrer,
      size,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations === undefined ? {} : { annotations }),
    });
  }
  const index: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  sendJson(response, index, {
    'content-type': mediaTypes.index,
    ...(wanted === null ? {} : { 'oci-filters-applied': 'artifactType' }),
  });
}

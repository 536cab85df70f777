import { isIndexType, isRepositoryName, type ImageIndex } from '../../../clients/oci.ts';
import type { ImageDocument, ImageRepository } from '../../model/documents.ts';
import { found, type DashboardContext, type Parts, type Routes } from '../call.ts';
import { Refusal } from '../refusal.ts';

/** Images, their tags and their layers. */
export function addImages(routes: Routes, { playground }: Parts): void {
  const { registry } = playground;

  routes.get('/api/images', async (context) => {
    const names = await registry.repositories();
    const repositories = await Promise.all(
      names.map(async (name): Promise<ImageRepository> => ({ name, tags: await registry.tags(name) })),
    );
    return context.json(repositories.filter(({ tags }) => tags.length > 0));
  });
  routes.get('/api/image', async (context) => {
    const repository = queryOf(context, 'repository');
    const reference = queryOf(context, 'reference');
    if (!isRepositoryName(repository) || !/^[\w.:-]{1,200}$/.test(reference))
      throw new Refusal(404, 'not-found', 'there is no such image');
    const manifest = found(await registry.manifest(repository, reference), 'such image');
    const size = manifest.bytes.length;
    if (isIndexType(manifest.mediaType)) {
      const index = JSON.parse(manifest.bytes.toString('utf8')) as ImageIndex;
      const document: ImageDocument = {
        ...common(manifest, size),
        kind: 'index',
        manifests: index.manifests,
      };
      return context.json(document);
    }
    const image = found(await registry.image(repository, manifest.digest), 'such image');
    const document: ImageDocument = {
      ...common(manifest, size),
      kind: 'image',
      layers: image.manifest.layers,
      config: image.config,
    };
    return context.json(document);
  });
}

function common(
  { digest, mediaType }: { readonly digest: string; readonly mediaType: string },
  size: number,
) {
  return { digest, mediaType, size };
}

function queryOf(context: DashboardContext, name: string): string {
  const value = context.req.query(name);
  if (value !== undefined && value !== '') return value;
  throw new Refusal(400, 'query-missing', `the query has to name "${name}"`);
}

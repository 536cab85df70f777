import type { Playground } from './playground.ts';

/** Digest by tag, by repository of the registry. */
export type ImageTags = Readonly<Record<string, Readonly<Record<string, string>>>>;

export async function imageTags({ registry }: Playground): Promise<ImageTags> {
  const repositories = await registry.repositories();
  const tags = await Promise.all(
    repositories.map(async (repository) => {
      const names = await registry.tags(repository);
      const digests = await Promise.all(
        names.map(async (tag) => [tag, (await registry.resolve(repository, tag)) ?? ''] as const),
      );
      return [repository, Object.fromEntries(digests)] as const;
    }),
  );
  return Object.fromEntries(tags.filter(([, found]) => Object.keys(found).length > 0));
}

/**
 * Deletes the images that are not among these, and points the tags at these again. Where the cluster with its registry has
 * other users too, those of others are left alone.
 */
export async function restoreImages(playground: Playground, kept: ImageTags): Promise<void> {
  const { registry, endpoints, config } = playground;
  const isOurs = (repository: string) =>
    endpoints.kubernetes.shared !== true ||
    kept[repository] !== undefined ||
    repository.startsWith(`${config.organization}/`);
  for (const [repository, tags] of Object.entries(await imageTags(playground))) {
    if (!isOurs(repository)) continue;
    const digests = new Set(Object.values(kept[repository] ?? {}));
    for (const [tag, digest] of Object.entries(tags)) {
      if (!digests.has(digest)) await registry.deleteManifest(repository, digest);
      else if (kept[repository]?.[tag] === undefined) await registry.deleteManifest(repository, tag);
    }
  }
  const present = await imageTags(playground);
  for (const [repository, tags] of Object.entries(kept)) {
    for (const [tag, digest] of Object.entries(tags)) {
      if (present[repository]?.[tag] === digest) continue;
      const manifest = await registry.manifest(repository, digest);
      if (manifest !== undefined)
        await registry.pushManifest(repository, tag, manifest.bytes, manifest.mediaType);
    }
  }
}

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Catalog } from '../../../../src/servers/registry/catalog.ts';

const names = fc.constantFrom('a', 'b/c');
const digests = fc.constantFrom('sha256:1', 'sha256:2', 'sha256:3');
const tags = fc.constantFrom('x', 'y');
const change = fc.oneof(
  fc.tuple(fc.constant('addBlob' as const), names, digests),
  fc.tuple(fc.constant('addManifest' as const), names, digests),
  fc.tuple(fc.constant('setTag' as const), names, tags, digests),
  fc.tuple(fc.constant('dropBlob' as const), names, digests),
  fc.tuple(fc.constant('dropManifest' as const), names, digests),
  fc.tuple(fc.constant('dropTag' as const), names, tags),
);

function apply(catalog: Catalog, [op, name, item, digest]: readonly [string, string, string, string?]): void {
  if (op === 'addBlob') catalog.addBlob(name, item, 1);
  if (op === 'addManifest') catalog.addManifest(name, item, { mediaType: 'm', size: 2 });
  if (op === 'setTag') catalog.setTag(name, item, digest ?? '');
  if (op === 'dropBlob') catalog.dropBlob(name, item);
  if (op === 'dropManifest') catalog.dropManifest(name, item);
  if (op === 'dropTag') catalog.dropTag(name, item);
}

function shown(catalog: Catalog) {
  return catalog.repositories().map((name) => ({
    name,
    tags: (catalog.tags(name) ?? []).map((tag) => [tag, catalog.tag(name, tag)]),
    blobs: ['sha256:1', 'sha256:2', 'sha256:3'].map((digest) => catalog.blob(name, digest)),
    manifests: [...catalog.manifests(name)].map(([digest]) => digest).sort(),
  }));
}

it('is the same after it was opened again', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const folder = mkdtempSync(join(tmpdir(), 'catalog-'));
      const catalog = new Catalog(folder);
      for (const each of changes) apply(catalog, each);
      const before = shown(catalog);
      catalog.close();
      const again = new Catalog(folder);
      expect(shown(again)).toEqual(before);
      again.close();
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 60 },
  );
});

it('forgets its history when that is much longer than what lives', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catalog-'));
  const catalog = new Catalog(folder);
  catalog.addBlob('a', 'sha256:1', 1);
  for (let n = 0; n < 1200; n += 1) catalog.setTag('a', 'x', `sha256:${n % 2}`);
  catalog.close();
  const before = statSync(join(folder, 'catalog.jsonl')).size;
  const again = new Catalog(folder);
  expect(again.tag('a', 'x')).toBe('sha256:1');
  expect(statSync(join(folder, 'catalog.jsonl')).size).toBeLessThan(before / 100);
  again.close();
  rmSync(folder, { recursive: true });
});

import { join } from 'node:path';
import { Journal } from '../../lib/journal.ts';

/** What the registry remembers of a manifest beside its bytes, enough to list referrers without reading it again. */
export interface ManifestEntry {
  readonly mediaType: string;
  readonly size: number;
  readonly subject?: string;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Repository {
  /** Size in bytes by digest. */
  readonly blobs: Map<string, number>;
  readonly manifests: Map<string, ManifestEntry>;
  /** Digest by tag. */
  readonly tags: Map<string, string>;
}

type Change =
  | { readonly op: 'blob'; readonly repository: string; readonly digest: string; readonly size: number }
  | {
      readonly op: 'manifest';
      readonly repository: string;
      readonly digest: string;
      readonly entry: ManifestEntry;
    }
  | { readonly op: 'tag'; readonly repository: string; readonly tag: string; readonly digest: string }
  | { readonly op: 'drop-blob' | 'drop-manifest'; readonly repository: string; readonly digest: string }
  | { readonly op: 'drop-tag'; readonly repository: string; readonly tag: string };

/**
 * Which repository has which blobs, manifests and tags. Held in memory; every change goes to a journal before it
 * is acknowledged. All methods are synchronous, so what one call does is seen whole or not at all by requests.
 */
export class Catalog {
  readonly #repositories = new Map<string, Repository>();
  readonly #journal: Journal<Change>;

  /** @throws JournalCorrupt when something other than a crash has changed the file. */
  constructor(folder: string) {
    const { journal, records } = Journal.open<Change>(join(folder, 'catalog.jsonl'));
    this.#journal = journal;
    for (const change of records) this.#apply(change);
    const living = [...this.#living()];
    if (records.length > 1000 && records.length > 2 * living.length) journal.rewrite(living);
  }

  close(): void {
    this.#journal.close();
  }

  /** Names of all repositories, in ASCII order. */
  repositories(): string[] {
    return [...this.#repositories.keys()].sort();
  }

  has(repository: string): boolean {
    return this.#repositories.has(repository);
  }

  blob(repository: string, digest: string): number | undefined {
    return this.#repositories.get(repository)?.blobs.get(digest);
  }

  /** The blob's size when any repository has it. */
  blobAnywhere(digest: string): number | undefined {
    for (const { blobs } of this.#repositories.values()) {
      const size = blobs.get(digest);
      if (size !== undefined) return size;
    }
    return undefined;
  }

  manifest(repository: string, digest: string): ManifestEntry | undefined {
    return this.#repositories.get(repository)?.manifests.get(digest);
  }

  manifests(repository: string): Iterable<[string, ManifestEntry]> {
    return this.#repositories.get(repository)?.manifests ?? [];
  }

  tag(repository: string, tag: string): string | undefined {
    return this.#repositories.get(repository)?.tags.get(tag);
  }

  /** Tags in ASCII order, or undefined when there is no such repository. */
  tags(repository: string): string[] | undefined {
    const found = this.#repositories.get(repository);
    return found === undefined ? undefined : [...found.tags.keys()].sort();
  }

  addBlob(repository: string, digest: string, size: number): void {
    if (this.blob(repository, digest) !== size) this.#change({ op: 'blob', repository, digest, size });
  }

  addManifest(repository: string, digest: string, entry: ManifestEntry): void {
    this.#change({ op: 'manifest', repository, digest, entry });
  }

  setTag(repository: string, tag: string, digest: string): void {
    if (this.tag(repository, tag) !== digest) this.#change({ op: 'tag', repository, tag, digest });
  }

  dropBlob(repository: string, digest: string): void {
    this.#change({ op: 'drop-blob', repository, digest });
  }

  /** Drops the manifest and the tags that stand for it. */
  dropManifest(repository: string, digest: string): void {
    this.#change({ op: 'drop-manifest', repository, digest });
  }

  dropTag(repository: string, tag: string): void {
    this.#change({ op: 'drop-tag', repository, tag });
  }

  /** Whether any repository still has this content, as a blob or as a manifest. */
  isUsed(digest: string): boolean {
    for (const { blobs, manifests } of this.#repositories.values()) {
      if (blobs.has(digest) || manifests.has(digest)) return true;
    }
    return false;
  }

  #change(change: Change): void {
    this.#journal.append(change);
    this.#apply(change);
  }

  #apply(change: Change): void {
    const { blobs, manifests, tags } = this.#open(change.repository);
    switch (change.op) {
      case 'blob':
        blobs.set(change.digest, change.size);
        break;
      case 'manifest':
        manifests.set(change.digest, change.entry);
        break;
      case 'tag':
        tags.set(change.tag, change.digest);
        break;
      case 'drop-blob':
        blobs.delete(change.digest);
        break;
      case 'drop-manifest':
        manifests.delete(change.digest);
        for (const [tag, digest] of tags) if (digest === change.digest) tags.delete(tag);
        break;
      case 'drop-tag':
        tags.delete(change.tag);
        break;
    }
    if (blobs.size + manifests.size + tags.size === 0) this.#repositories.delete(change.repository);
  }

  #open(name: string): Repository {
    let repository = this.#repositories.get(name);
    if (repository === undefined) {
      repository = { blobs: new Map(), manifests: new Map(), tags: new Map() };
      this.#repositories.set(name, repository);
    }
    return repository;
  }

  *#living(): Generator<Change> {
    for (const [repository, { blobs, manifests, tags }] of this.#repositories) {
      for (const [digest, size] of blobs) yield { op: 'blob', repository, digest, size };
      for (const [digest, entry] of manifests) yield { op: 'manifest', repository, digest, entry };
      for (const [tag, digest] of tags) yield { op: 'tag', repository, tag, digest };
    }
  }
}

import type { ResourceType } from './cluster.ts';
import { BUILT_IN, apiVersionOf, typeKey, type Kind } from './kinds.ts';

/** The kinds that are served now: the built-in ones and those that CustomResourceDefinitions add. */
export class KindRegistry {
  readonly #kinds = new Map<string, Kind>();
  readonly #listeners = new Set<() => void>();
  /** Counts changes, so that what is derived from the kinds can be cached. */
  generation = 0;

  constructor() {
    for (const kind of BUILT_IN) this.#kinds.set(typeKey(kind), kind);
  }

  all(): Kind[] {
    return [...this.#kinds.values()];
  }

  find(type: ResourceType): Kind | undefined {
    return this.#kinds.get(typeKey(type));
  }

  /** The kind that a URL names. */
  byRoute(group: string, version: string, resource: string): Kind | undefined {
    const kind = this.#kinds.get(typeKey({ group, resource }));
    return kind !== undefined && servedVersions(kind).includes(version) ? kind : undefined;
  }

  /** The kind that an object names by `apiVersion` and `kind`. */
  byObject(apiVersion: string, kind: string): Kind | undefined {
    return this.all().find(
      (candidate) =>
        candidate.kind === kind &&
        servedVersions(candidate).some(
          (version) => apiVersionOf({ group: candidate.group, version }) === apiVersion,
        ),
    );
  }

  register(kind: Kind): void {
    this.#kinds.set(typeKey(kind), kind);
    this.#changed();
  }

  unregister(type: ResourceType): void {
    if (this.#kinds.delete(typeKey(type))) this.#changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    this.generation += 1;
    for (const listener of this.#listeners) listener();
  }
}

/** The versions that clients may ask for, the preferred one first. */
export function servedVersions(kind: Kind): readonly string[] {
  return kind.custom === undefined ? [kind.version] : kind.custom.versions.map((version) => version.name);
}

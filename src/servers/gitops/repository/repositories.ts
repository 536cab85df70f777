import { join } from 'node:path';
import type { Manifest } from '../objects.ts';
import { credentialsFor } from './credentials.ts';
import { Mirror } from './mirror.ts';
import { RepositoryError } from './remote.ts';

/** The mirrors of all repositories in use. */
export class Repositories {
  readonly #root: string;
  readonly #secrets: () => readonly Manifest[];
  readonly #mirrors = new Map<string, Mirror>();
  readonly #problems = new Map<string, string>();

  /** @param secrets the Secrets that may hold logins, asked anew for every use. */
  constructor(dataDir: string, secrets: () => readonly Manifest[]) {
    this.#root = join(dataDir, 'mirrors');
    this.#secrets = secrets;
  }

  /** @throws RepositoryError for an address that git should never see. */
  mirror(url: string): Mirror {
    let mirror = this.#mirrors.get(url);
    if (mirror === undefined) {
      mirror = new Mirror(this.#root, url, () => credentialsFor(url, this.#secrets()));
      this.#mirrors.set(url, mirror);
    }
    return mirror;
  }

  /**
   * Learns a repository's refs anew. A failure is kept as its `problem` until a refresh succeeds: what was
   * known before stays usable, so that self-heal goes on while the Git server is away.
   */
  async refresh(url: string, expected?: { readonly commit: string }): Promise<void> {
    try {
      await this.mirror(url).refresh(expected);
      this.#problems.delete(url);
    } catch (error) {
      if (!(error instanceof RepositoryError)) throw error;
      this.#problems.set(url, error.message);
    }
  }

  async resolve(url: string, revision: string): Promise<string> {
    try {
      return await this.mirror(url).resolve(revision);
    } catch (error) {
      // A problem that is known explains more than its consequence.
      const problem = this.#problems.get(url);
      throw problem === undefined ? error : new RepositoryError(problem, { cause: error });
    }
  }

  problem(url: string): string | undefined {
    return this.#problems.get(url);
  }

  close(): void {
    for (const mirror of this.#mirrors.values()) mirror.close();
  }
}

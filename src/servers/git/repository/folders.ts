import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { ensurePrivateDir, writeFileAtomic } from '../../../lib/fs.ts';

const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n';

/**
 * Where the bare repositories are: `repositories/OWNER/NAME.git`, lower case. Owner and name come from the
 * metadata, never from a request, so no path leads out.
 */
export class Folders {
  readonly #root: string;
  readonly #trash: string;

  private constructor(dataDir: string) {
    this.#root = join(dataDir, 'repositories');
    this.#trash = join(dataDir, 'trash');
  }

  static async open(dataDir: string): Promise<Folders> {
    const folders = new Folders(dataDir);
    await Promise.all([ensurePrivateDir(folders.#root), ensurePrivateDir(folders.#trash)]);
    return folders;
  }

  of(repository: { readonly owner: string; readonly name: string }): string {
    return join(this.#root, repository.owner.toLowerCase(), `${repository.name.toLowerCase()}.git`);
  }

  /**
   * Makes an empty bare repository, with the few files that git takes one for (gitrepository-layout); what a crash left in
   * its place is moved away first.
   */
  async create(repository: {
    readonly owner: string;
    readonly name: string;
    readonly defaultBranch: string;
  }): Promise<string> {
    const folder = this.of(repository);
    if (existsSync(folder)) await this.#discard(folder);
    await Promise.all(
      ['objects', 'refs/heads', 'refs/tags'].map((name) =>
        mkdir(join(folder, name), { recursive: true, mode: 0o700 }),
      ),
    );
    await Promise.all([
      writeFile(join(folder, 'HEAD'), `ref: refs/heads/${repository.defaultBranch}\n`),
      writeFile(join(folder, 'config'), CONFIG),
    ]);
    return folder;
  }

  /** Takes a repository away at once; its files are removed behind the caller's back. */
  async remove(repository: { readonly owner: string; readonly name: string }): Promise<void> {
    const folder = this.of(repository);
    if (existsSync(folder)) await this.#discard(folder);
  }

  async setHead(
    repository: { readonly owner: string; readonly name: string },
    branch: string,
  ): Promise<void> {
    await writeFileAtomic(join(this.of(repository), 'HEAD'), `ref: refs/heads/${branch}\n`);
  }

  /** Removes what is left in the trash from before. */
  async emptyTrash(): Promise<void> {
    const left = await readdir(this.#trash);
    await Promise.all(left.map((name) => rm(join(this.#trash, name), { recursive: true, force: true })));
  }

  async #discard(folder: string): Promise<void> {
    const target = join(this.#trash, randomBytes(8).toString('hex'));
    await rename(folder, target);
    // A process that still writes there makes this fail; the next start tries again.
    rm(target, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, mkdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { systemCode } from '../../lib/errors.ts';
import { isInside } from '../../lib/fs.ts';
import type { CredentialStore } from './credentials.ts';
import type { Mirrors } from './git/mirror.ts';
import type { LibraryConfig } from './model.ts';
import { StepFailure, type LibrarySource } from './pipeline/host.ts';

/** How many versions of libraries are kept in memory; on disk lies each version that was ever used. */
const KEPT = 8;

/**
 * Shared libraries from git. The version (branch, tag or commit) is looked up for every build; what a commit contains is
 * exported once and kept.
 */
export class Libraries {
  readonly #folder: string;
  readonly #mirrors: Mirrors;
  readonly #credentials: CredentialStore;
  readonly #loaded = new Map<string, Promise<LibrarySource>>();

  constructor(folder: string, mirrors: Mirrors, credentials: CredentialStore) {
    this.#folder = folder;
    this.#mirrors = mirrors;
    this.#credentials = credentials;
  }

  /**
   * Loads `name` or `name@version` of the libraries that a job may use.
   * @throws StepFailure when the job has no such library, or the library no such version.
   */
  async load(
    identifier: string,
    configurations: readonly LibraryConfig[],
    log: (line: string) => void,
    signal: AbortSignal,
  ): Promise<LibrarySource> {
    const at = identifier.indexOf('@');
    const name = at < 0 ? identifier : identifier.slice(0, at);
    const configuration = configurations.find((one) => one.name === name);
    if (configuration === undefined) throw new StepFailure(`No library configuration found for '${name}'`);
    const asked = at < 0 ? '' : identifier.slice(at + 1);
    if (asked !== '' && !configuration.allowVersionOverride && asked !== configuration.defaultVersion) {
      throw new StepFailure(`Version override not permitted for library ${name}`);
    }
    const version = asked === '' ? configuration.defaultVersion : asked;
    if (version === '') throw new StepFailure(`No version specified for library ${name}`);
    const login = this.#credentials.login(configuration.credentialsId);
    const mirror = this.#mirrors.of(configuration.remote);
    const { revision, ref } = await this.#resolve(configuration, version, signal);
    log(`Loading library ${name}@${version} (${revision})`);
    const key = `${configuration.remote}@${revision}`;
    let source = this.#loaded.get(key);
    if (source === undefined) {
      const folder = join(this.#folder, revision);
      source = (async () => {
        if (!existsSync(folder)) {
          await mirror.ensure(revision, ref, login);
          await mkdir(this.#folder, { recursive: true });
          await mirror.export(revision, folder);
        }
        return readLibrary(folder, name, version);
      })();
      this.#keep(key, source);
    }
    try {
      const loaded = await source;
      // The same commit may be known by several names.
      return { ...loaded, name, version, resource: (path) => loaded.resource(path) };
    } catch (error) {
      this.#loaded.delete(key);
      throw error;
    }
  }

  async #resolve(configuration: LibraryConfig, version: string, signal: AbortSignal) {
    if (/^[0-9a-f]{40}$/.test(version)) return { revision: version, ref: 'HEAD' };
    const login = this.#credentials.login(configuration.credentialsId);
    const refs = await this.#mirrors.of(configuration.remote).refs(login, signal);
    for (const ref of [`refs/heads/${version}`, `refs/tags/${version}`]) {
      const revision = refs.get(ref);
      if (revision !== undefined) return { revision, ref };
    }
    throw new StepFailure(`No version ${version} found for library ${configuration.name}`);
  }

  #keep(key: string, source: Promise<LibrarySource>): void {
    this.#loaded.set(key, source);
    const [oldest] = this.#loaded.keys();
    if (this.#loaded.size > KEPT && oldest !== undefined) this.#loaded.delete(oldest);
  }
}

/** `vars/*.groovy` by name, `src/**` by class name; resources are read when they are asked for. */
async function readLibrary(folder: string, name: string, version: string): Promise<LibrarySource> {
  const vars = new Map<string, { file: string; source: string }>();
  const classes = new Map<string, { file: string; source: string }>();
  for (const file of await readdir(join(folder, 'vars')).catch(() => [])) {
    if (!file.endsWith('.groovy')) continue;
    const source = await readFile(join(folder, 'vars', file), 'utf8');
    vars.set(file.slice(0, -'.groovy'.length), { file: `vars/${file}`, source });
  }
  const walk = async (way: string): Promise<void> => {
    for (const entry of await readdir(join(folder, 'src', way), { withFileTypes: true }).catch(() => [])) {
      const path = posix.join(way, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (path.endsWith('.groovy')) {
        const source = await readFile(join(folder, 'src', path), 'utf8');
        classes.set(path.slice(0, -'.groovy'.length).replaceAll('/', '.'), { file: `src/${path}`, source });
      }
    }
  };
  await walk('');
  const resources = join(folder, 'resources');
  return {
    name,
    version,
    vars,
    classes,
    resource(path) {
      const missing = () => new StepFailure(`No such library resource ${path} could be found.`);
      if (!isInside(resources, path)) throw missing();
      try {
        return readFileSync(join(resources, path), 'utf8');
      } catch (error) {
        if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw missing();
        throw error;
      }
    },
  };
}

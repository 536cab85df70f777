import { readFileIfExists } from '../../../lib/fs.ts';
import { join } from 'node:path';
import type { Git } from '../repository/git.ts';
import type { Objects } from '../repository/objects.ts';
import { listRefs, NO_SHA } from '../repository/refs.ts';
import { FLUSH, packet, PacketReader } from './pkt-line.ts';

export type GitService = 'git-upload-pack' | 'git-receive-pack';

/** References that pushes neither see nor touch, as `receive.hideRefs` says to git. */
const HIDDEN_FROM_PUSHES = 'refs/pull/';

/**
 * What is there to fetch or to push to (gitprotocol-http, "Smart Clients"; gitprotocol-pack, "Reference Discovery"). The
 * references are read from the files of the repository; what git can do is asked from git, once for each service.
 */
export class Advertisements {
  readonly #git: Git;
  readonly #objects: Objects;
  /** By service: what stands behind the first reference of version 0. */
  readonly #capabilities = new Map<GitService, Promise<string>>();
  /** What version 2 advertises is the same for every repository and says nothing of its references. */
  #second: Buffer | undefined;

  constructor(git: Git, objects: Objects) {
    this.#git = git;
    this.#objects = objects;
  }

  /** @param version the client's `Git-Protocol` header. */
  async of(folder: string, service: GitService, version: string): Promise<Buffer> {
    const asked = Number(/(?:^|:)version=(\d)/.exec(version)?.[1] ?? 0);
    // Pushes know no second version.
    if (asked === 0 || (asked === 2 && service === 'git-receive-pack')) return this.#first(folder, service);
    if (asked === 2 && this.#second !== undefined) return this.#second;
    const body = await this.#ask(folder, service, version);
    if (asked === 2) this.#second = body;
    return body;
  }

  async #first(folder: string, service: GitService): Promise<Buffer> {
    const { references, head } = await (service === 'git-upload-pack'
      ? this.#toFetch(folder)
      : toPushTo(folder));
    const begin = [packet(`# service=${service}\n`), FLUSH];
    // Where there is nothing to fetch, git says nothing at all; a push has to know what it may do.
    if (references.length === 0 && service === 'git-upload-pack') return Buffer.concat([...begin, FLUSH]);
    const capabilities = await this.#capabilitiesOf(folder, service);
    const [first = `${NO_SHA} capabilities^{}`, ...others] = references;
    const symref = head === undefined ? '' : ` symref=HEAD:${head}`;
    return Buffer.concat([
      ...begin,
      packet(`${first}\0${capabilities}${symref}\n`),
      ...others.map((line) => packet(`${line}\n`)),
      FLUSH,
    ]);
  }

  /** HEAD, then every reference, annotated tags followed by what they stand for. */
  async #toFetch(folder: string): Promise<Discovery> {
    const references = await listRefs(folder, 'refs/');
    const head = /^ref: (refs\/\S+)/.exec((await readFileIfExists(join(folder, 'HEAD'))) ?? '')?.[1];
    const main = references.find(({ name }) => name === head);
    const lines = await Promise.all(
      references.map(async ({ name, sha }) => {
        const line = `${sha} ${name}`;
        // Branches and heads of pull requests are always commits.
        if (name.startsWith('refs/heads/') || name.startsWith(HIDDEN_FROM_PUSHES)) return [line];
        const peeled = await this.#objects.info(folder, `${sha}^{}`);
        return peeled === undefined || peeled.sha === sha ? [line] : [line, `${peeled.sha} ${name}^{}`];
      }),
    );
    if (main === undefined) return { references: lines.flat() };
    return { references: [`${main.sha} HEAD`, ...lines.flat()], head: main.name };
  }

  #capabilitiesOf(folder: string, service: GitService): Promise<string> {
    let known = this.#capabilities.get(service);
    if (known === undefined) {
      known = this.#ask(folder, service, '').then(capabilitiesIn);
      this.#capabilities.set(service, known);
      known.catch(() => this.#capabilities.delete(service));
    }
    return known;
  }

  async #ask(folder: string, service: GitService, version: string): Promise<Buffer> {
    const args = [service.slice('git-'.length), '--stateless-rpc', '--advertise-refs', folder];
    const { stdout } = await this.#git.run(args, { env: { GIT_PROTOCOL: version } });
    return Buffer.concat([packet(`# service=${service}\n`), FLUSH, stdout]);
  }
}

interface Discovery {
  readonly references: readonly string[];
  /** The branch that HEAD stands for. */
  readonly head?: string;
}

async function toPushTo(folder: string): Promise<Discovery> {
  const references = await listRefs(folder, 'refs/');
  return {
    references: references
      .filter(({ name }) => !name.startsWith(HIDDEN_FROM_PUSHES))
      .map(({ name, sha }) => `${sha} ${name}`),
  };
}

/** The words behind the zero byte of the first reference, without the one that speaks of this repository. */
function capabilitiesIn(advertisement: Buffer): string {
  const reader = new PacketReader();
  reader.push(advertisement);
  for (let packed = reader.next(); packed !== undefined; packed = reader.next()) {
    if (packed.kind !== 'data') continue;
    const [, words] = packed.data.toString('utf8').split('\0');
    if (words !== undefined) {
      return words
        .trim()
        .split(' ')
        .filter((word) => !word.startsWith('symref='))
        .join(' ');
    }
  }
  throw new Error('git advertised no capabilities');
}

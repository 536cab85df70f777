import { open, rm } from 'node:fs/promises';
import { createHash, randomUUID, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { hasherFor } from '../../clients/oci.ts';
import { RegistryRefusal } from './errors.ts';
import type { Store } from './store.ts';

/** An upload that nobody has touched for this many milliseconds is dropped when the next one begins. */
const IDLE_LIMIT = 60 * 60 * 1000;

/** Content on its way: a file that grows by requests, and the hash of what it has. */
export interface Upload {
  readonly id: string;
  readonly repository: string;
  /** Bytes received. */
  readonly size: number;
}

interface Session {
  readonly id: string;
  readonly repository: string;
  readonly file: string;
  readonly sha256: Hash;
  size: number;
  /** A request is writing. */
  busy: boolean;
  touched: number;
}

/** A finished upload: a whole file without a name, for the store to adopt. */
export interface Finished {
  readonly file: string;
  readonly size: number;
}

/** The uploads that are open (distribution specification, "Pushing blobs"). They do not outlive the process. */
export class Uploads {
  readonly #sessions = new Map<string, Session>();
  readonly #store: Store;
  readonly #limit: number;

  /** @param limit bytes that one upload may have. */
  constructor(store: Store, limit: number) {
    this.#store = store;
    this.#limit = limit;
  }

  begin(repository: string): Upload {
    this.#dropIdle().catch(() => undefined); // What stays is removed at the next start.
    const session: Session = {
      id: randomUUID(),
      repository,
      file: this.#store.temporary(),
      sha256: createHash('sha256'),
      size: 0,
      busy: false,
      touched: Date.now(),
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  find(repository: string, id: string): Upload {
    return this.#session(repository, id);
  }

  /**
   * Appends a request's body. What arrived stays when the connection breaks, so that the client can go on from there.
   * @param length bytes announced, where they were.
   */
  async append(repository: string, id: string, body: Readable, length?: number): Promise<Upload> {
    const session = this.#session(repository, id);
    if (session.busy) {
      throw new RegistryRefusal(409, 'BLOB_UPLOAD_INVALID', 'another request is writing to this upload');
    }
    if (session.size + (length ?? 0) > this.#limit) throw this.#tooLarge();
    session.busy = true;
    try {
      await this.#write(session, body, length);
      return session;
    } finally {
      session.busy = false;
      session.touched = Date.now();
    }
  }

  /**
   * Closes the upload and gives its file when the content has the digest. The upload is gone in any case.
   * @throws RegistryRefusal DIGEST_INVALID.
   */
  async finish(repository: string, id: string, digest: string): Promise<Finished> {
    const session = this.#session(repository, id);
    this.#sessions.delete(id);
    try {
      if (session.size === 0) await (await open(session.file, 'w', 0o600)).close();
      const actual = await digestOf(session, digest);
      if (actual === digest) return { file: session.file, size: session.size };
      throw new RegistryRefusal(400, 'DIGEST_INVALID', `the content is ${actual}, not ${digest}`);
    } catch (error) {
      await rm(session.file, { force: true });
      throw error;
    }
  }

  async cancel(repository: string, id: string): Promise<void> {
    const session = this.#session(repository, id);
    this.#sessions.delete(id);
    await rm(session.file, { force: true });
  }

  async #write(session: Session, body: Readable, length: number | undefined): Promise<void> {
    const handle = await open(session.file, 'a', 0o600);
    const end = length === undefined ? Infinity : session.size + length;
    try {
      // Leaving the loop must not close the connection: the refusal still has to be answered.
      for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (session.size + chunk.length > end) {
          throw new RegistryRefusal(400, 'SIZE_INVALID', 'the body is longer than its Content-Range says');
        }
        if (session.size + chunk.length > this.#limit) throw this.#tooLarge();
        // The hash is computed while the system writes.
        const written = handle.writeFile(chunk);
        session.sha256.update(chunk);
        session.size += chunk.length;
        await written;
      }
      if (session.size < end && end !== Infinity) {
        throw new RegistryRefusal(400, 'SIZE_INVALID', 'the body is shorter than its Content-Range says');
      }
    } catch (error) {
      // A file that failed to take the bytes no longer matches the hash; a broken connection harms nothing.
      if (error instanceof RegistryRefusal || !isBrokenConnection(error)) this.#sessions.delete(session.id);
      throw error;
    } finally {
      await handle.close();
      if (!this.#sessions.has(session.id)) await rm(session.file, { force: true });
    }
  }

  #session(repository: string, id: string): Session {
    const session = this.#sessions.get(id);
    if (session?.repository === repository) return session;
    throw new RegistryRefusal(404, 'BLOB_UPLOAD_UNKNOWN', 'there is no such upload in this repository');
  }

  #tooLarge(): RegistryRefusal {
    return new RegistryRefusal(413, 'SIZE_INVALID', `an upload may have ${this.#limit} bytes`, {
      connection: 'close',
    });
  }

  async #dropIdle(): Promise<void> {
    const limit = Date.now() - IDLE_LIMIT;
    for (const { id, file, busy, touched } of this.#sessions.values()) {
      if (busy || touched > limit) continue;
      this.#sessions.delete(id);
      await rm(file, { force: true });
    }
  }
}

async function digestOf(session: Session, digest: string): Promise<string> {
  if (digest.startsWith('sha256:')) return `sha256:${session.sha256.digest('hex')}`;
  const hash = hasherFor(digest);
  const handle = await open(session.file, 'r');
  for await (const chunk of handle.createReadStream() as AsyncIterable<Buffer>) hash.update(chunk);
  return `sha512:${hash.digest('hex')}`;
}

function isBrokenConnection(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(String(error.code))
  );
}

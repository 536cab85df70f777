import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import type { KubeObject } from './kubernetes.ts';
import { errorOfStatus, hasReason } from './kubernetes-error.ts';

/** A change on the server. `BOOKMARK` carries only a resourceVersion. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/** What `follow` yields: changes, and `SYNCED` once all that was there at the start has been told. */
export type FollowEvent<T extends KubeObject = KubeObject> =
  { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T } | { readonly type: 'SYNCED' };

/** Splits a body into its lines of JSON. */
async function* lines(body: Readable): AsyncGenerator<unknown> {
  let rest = '';
  body.setEncoding('utf8');
  for await (const chunk of body as AsyncIterable<string>) {
    rest += chunk;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line.trim() !== '') yield JSON.parse(line);
    }
  }
}

/** The calls that watching is made of. */
export interface WatchSource<T extends KubeObject> {
  /** Opens a watch from a revision and resolves with its body. */
  open(resourceVersion: string, signal: AbortSignal | undefined): Promise<Readable>;
  list(signal: AbortSignal | undefined): Promise<{ items: T[]; resourceVersion: string }>;
}

const FIRST_DELAY = 50;
const LONGEST_DELAY = 5_000;

/**
 * Every change after a revision, connecting again where the last connection ended.
 * @throws KubernetesError `Expired` or `Gone` when the server no longer has the changes since then: list again.
 */
export async function* watchFrom<T extends KubeObject>(
  source: WatchSource<T>,
  resourceVersion: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<WatchEvent<T>> {
  let revision = resourceVersion;
  let pause = FIRST_DELAY;
  while (!isAborted(signal)) {
    try {
      const body = await source.open(revision, signal);
      for await (const line of lines(body)) {
        const event = line as { type: string; object: T };
        if (event.type === 'ERROR') throw errorOfStatus(event.object);
        revision = event.object.metadata.resourceVersion ?? revision;
        pause = FIRST_DELAY;
        yield event as WatchEvent<T>;
      }
    } catch (error) {
      if (isAborted(signal)) return;
      // The server's own answer is final; a connection that broke is not.
      if (isAnswer(error)) throw error;
    }
    await rest(pause, signal);
    pause = Math.min(pause * 2, LONGEST_DELAY);
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function isAnswer(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === 'KubernetesError' &&
    !hasReason(error, 'InternalError', 'ServiceUnavailable', 'Timeout', 'TooManyRequests', 'Unknown')
  );
}

async function rest(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch {
    // Aborted: the loop ends by itself.
  }
}

/**
 * All objects and every change, for as long as the signal is not aborted: lists, watches, and lists again when the
 * server has forgotten the changes in between (what was missed comes as ADDED, MODIFIED and DELETED).
 */
export async function* follow<T extends KubeObject>(
  source: WatchSource<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<FollowEvent<T>> {
  const known = new Map<string, T>();
  const keyOf = ({ metadata }: T) => `${metadata.namespace ?? ''}/${metadata.name}`;
  let pause = FIRST_DELAY;
  let synced = false;
  while (!isAborted(signal)) {
    try {
      const { items, resourceVersion } = await source.list(signal);
      const present = new Set(items.map(keyOf));
      for (const [key, object] of known) {
        if (present.has(key)) continue;
        known.delete(key);
        yield { type: 'DELETED', object };
      }
      for (const object of items) {
        const before = known.get(keyOf(object));
        known.set(keyOf(object), object);
        if (before === undefined) yield { type: 'ADDED', object };
        else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) {
          yield { type: 'MODIFIED', object };
        }
      }
      if (!synced) yield { type: 'SYNCED' };
      synced = true;
      for await (const { type, object } of watchFrom(source, resourceVersion, signal)) {
        pause = FIRST_DELAY;
        if (type === 'BOOKMARK') continue;
        if (type === 'DELETED') known.delete(keyOf(object));
        else known.set(keyOf(object), object);
        yield { type, object };
      }
    } catch (error) {
      if (isAborted(signal)) return;
      if (!hasReason(error, 'Expired', 'Gone') && isAnswer(error)) throw error;
    }
    await rest(pause, signal);
    pause = Math.min(pause * 2, LONGEST_DELAY);
  }
}

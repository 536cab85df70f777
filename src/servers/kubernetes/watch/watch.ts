import type { ServerResponse } from 'node:http';
import type { KubernetesObject } from '../cluster.ts';
import { ApiError, badRequest } from '../errors.ts';
import { typeKey } from '../kinds.ts';
import { acceptedForm, includeOf, partial } from '../api/accept.ts';
import { setWarnings } from '../api/call.ts';
import { selection, type Matcher, type ObjectCall } from '../api/object-call.ts';
import type { Change } from '../storage/store.ts';
import { tableOf } from '../table/table.ts';

/** Seconds between two bookmarks. */
const BOOKMARK_INTERVAL = 60;
/** Seconds after which a watch ends that did not say how long it wants to be; clients connect again. */
const LONGEST_WATCH = 3600;
/** A client that does not read for so many bytes is let go: it lists again when it comes back. */
const MOST_UNREAD = 8 * 1024 * 1024;

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** Serves a watch (API concepts, "Efficient detection of changes"): events as lines of JSON, as they happen. */
export function serveWatch(request: ObjectCall): undefined {
  const { call, cluster, presentation } = request;
  const { response } = call;
  const matches = selection(request);
  const start = startOf(request);
  const initial = call.flag('sendInitialEvents');
  const bookmarks = call.flag('allowWatchBookmarks');
  if (initial && call.query('resourceVersionMatch') !== 'NotOlderThan') {
    throw new ApiError(
      'Invalid',
      'resourceVersionMatch: Forbidden: sendInitialEvents requires resourceVersionMatch=NotOlderThan',
    );
  }
  const send = createSender(request);
  setWarnings(response, call.warnings);
  response.writeHead(200, {
    'content-type': 'application/json',
    'cache-control': 'no-cache, private',
  });
  response.flushHeaders();

  let sent = cluster.revision();
  const bookmark = (annotations?: Record<string, string>) => {
    const metadata = { resourceVersion: String(sent), ...(annotations === undefined ? {} : { annotations }) };
    const { kind, apiVersion } = presentation;
    send('BOOKMARK', { apiVersion, kind: kind.kind, metadata: metadata as KubernetesObject['metadata'] });
  };

  if (start === undefined) {
    for (const object of cluster.list(presentation.kind)) if (matches(object)) send('ADDED', object);
    if (initial && bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    const missed = cluster.changesSince(start);
    if (missed === undefined) {
      const error = new ApiError('Expired', `too old resource version: ${start} (${sent})`);
      response.end(`${JSON.stringify({ type: 'ERROR', object: error.toStatus() })}\n`);
      return;
    }
    for (const change of missed) sendChange(change);
  }

  const end = cluster.onChange((change) => {
    sent = change.revision;
    sendChange(change);
  });
  const ticking = bookmarks ? setInterval(bookmark, BOOKMARK_INTERVAL * 1000) : undefined;
  const seconds = call.number('timeoutSeconds') ?? LONGEST_WATCH;
  const timeout = setTimeout(() => {
    if (bookmarks) bookmark();
    response.end();
  }, seconds * 1000);
  // A kind that is no longer served has nothing more to tell.
  const endOfKind = cluster.kinds.onChange(() => {
    if (cluster.kinds.find(presentation.kind) === undefined) response.end();
  });
  response.on('close', () => {
    end();
    endOfKind();
    clearInterval(ticking);
    clearTimeout(timeout);
  });

  function sendChange(change: Change): void {
    if (typeKey(change.type) !== typeKey(presentation.kind)) return;
    const event = selected(change, matches);
    if (event !== undefined) send(event.type, event.object);
    if (response.writableLength > MOST_UNREAD) response.destroy();
  }
}

/** The revision to go on from; undefined to begin with what is there. */
function startOf({ call, cluster }: ObjectCall): number | undefined {
  const version = call.query('resourceVersion');
  if (version === undefined || version === '0' || call.flag('sendInitialEvents')) return undefined;
  if (!/^\d{1,15}$/.test(version)) {
    throw badRequest(`resourceVersion: Invalid value: "${version}": must be a number`);
  }
  const start = Number(version);
  if (start > cluster.revision()) {
    throw new ApiError('Expired', `Too large resource version: ${version}, current: ${cluster.revision()}`);
  }
  return start;
}

/** A change as somebody sees it who selects: what begins or ceases to fit is added or deleted. */
function selected(
  { event }: Change,
  matches: Matcher,
): { type: EventType; object: KubernetesObject } | undefined {
  const { type, object, previous } = event;
  const fits = matches(object);
  const fitted = previous !== undefined && matches(previous);
  if (type === 'DELETED') return fitted || fits ? { type, object } : undefined;
  if (fits) return { type: fitted ? 'MODIFIED' : 'ADDED', object };
  if (!fitted || previous === undefined) return undefined;
  // The last state that fitted, under the revision of the change.
  const { resourceVersion } = object.metadata;
  const metadata = { ...previous.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  return { type: 'DELETED', object: { ...previous, metadata } };
}

function createSender({
  call,
  presentation,
}: ObjectCall): (type: EventType, object: KubernetesObject) => void {
  const { response } = call;
  const form = acceptedForm(call.request.headers.accept);
  let first = true;
  return (type, object) => {
    writeEvent(response, type, shown(type, object));
    first = false;
  };

  function shown(type: EventType, object: KubernetesObject): object {
    if (form === 'metadata') return partial(presentation.show(object), 'PartialObjectMetadata');
    if (type === 'BOOKMARK') {
      return form === 'table' ? tableOf(presentation, [], object.metadata, 'None', first) : object;
    }
    const visible = presentation.show(object);
    if (form === 'object') return visible;
    const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
    return tableOf(presentation, [visible], metadata, includeOf(call), first);
  }
}

function writeEvent(response: ServerResponse, type: EventType, object: object): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

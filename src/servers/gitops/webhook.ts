import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { posix } from 'node:path';
import { satisfies, valid, validRange } from 'semver';
import type { Application } from '../../clients/argocd-types.ts';
import { equalSecrets } from '../../lib/secrets.ts';
import { isRecord } from './objects.ts';

/** A push, as far as it matters to Applications. */
export interface Push {
  /** The repository's page: its `html_url`. */
  readonly webUrl: string;
  /** Branch or tag, without `refs/heads/`. */
  readonly revision: string;
  /** The commit after the push; undefined when the branch was deleted. */
  readonly commit: string | undefined;
  /** Whether the default branch was pushed to. */
  readonly touchedHead: boolean;
  /** Paths of all files that its commits name. */
  readonly files: readonly string[];
}

/** What a delivery is; `refused` is answered with 400 and its reason. */
export type Delivery =
  | { readonly kind: 'push'; readonly push: Push }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

interface Sender {
  readonly event: string;
  readonly signature: string;
  readonly prefix: string;
}

/** Gogs' headers come first: Gitea sends all three families, and Argo CD reads it as Gogs. */
const SENDERS: readonly Sender[] = [
  { event: 'x-gogs-event', signature: 'x-gogs-signature', prefix: '' },
  { event: 'x-gitea-event', signature: 'x-gitea-signature', prefix: '' },
  { event: 'x-github-event', signature: 'x-hub-signature-256', prefix: 'sha256=' },
];

/** Reads a delivery of Gitea, Gogs or GitHub and checks its signature (HMAC-SHA-256 of the body, hexadecimal). */
export function readDelivery(
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  secret: string | undefined,
): Delivery {
  const header = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const sender = SENDERS.find(({ event }) => header(event) !== undefined);
  if (sender === undefined) return { kind: 'refused', reason: 'Unknown webhook event' };
  if (secret !== undefined && secret !== '') {
    const given = header(sender.signature);
    const expected = `${sender.prefix}${createHmac('sha256', secret).update(body).digest('hex')}`;
    if (given === undefined || !equalSecrets(given, expected)) {
      const what = given === undefined ? 'is missing' : 'does not match';
      return {
        kind: 'refused',
        reason: `the signature ${sender.signature} ${what}; check the webhook's secret`,
      };
    }
  }
  const event = header(sender.event) ?? '';
  if (event !== 'push') return { kind: 'ignored', reason: `${event} events change nothing here` };
  try {
    const push = readPush(JSON.parse(Buffer.from(body).toString('utf8')));
    return push === undefined
      ? { kind: 'refused', reason: 'the payload names no ref and no repository.html_url' }
      : { kind: 'push', push };
  } catch {
    return { kind: 'refused', reason: 'the payload must be valid JSON' };
  }
}

function readPush(payload: unknown): Push | undefined {
  if (!isRecord(payload) || !isRecord(payload['repository'])) return undefined;
  const { ref, after, repository, commits } = payload;
  const { html_url: webUrl, default_branch: defaultBranch } = repository;
  if (typeof ref !== 'string' || typeof webUrl !== 'string') return undefined;
  const revision = shortRef(ref);
  const files = (Array.isArray(commits) ? (commits as unknown[]) : []).flatMap((commit) =>
    ['added', 'modified', 'removed'].flatMap((field) => {
      const names = isRecord(commit) ? commit[field] : undefined;
      return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
    }),
  );
  const isCommit = typeof after === 'string' && /^[0-9a-f]{40,64}$/.test(after) && !/^0+$/.test(after);
  return {
    webUrl,
    revision,
    commit: isCommit ? after : undefined,
    touchedHead: defaultBranch === revision,
    files,
  };
}

function shortRef(ref: string): string {
  return ref.split('/').length > 2 ? ref.split('/').slice(2).join('/') : ref;
}

/** Whether a push concerns an Application: its repository, its revision, and the paths that it declares. */
export function isAffected(app: Application, push: Push): boolean {
  const { source } = app.spec;
  if (source === undefined || !isSameRepository(source.repoURL, push.webUrl)) return false;
  const target = source.targetRevision ?? '';
  const followsPush =
    target === '' || target === 'HEAD'
      ? push.touchedHead
      : shortRef(target) === push.revision || isInRange(push.revision, target);
  return followsPush && touchesPaths(app, push.files);
}

function isInRange(tag: string, range: string): boolean {
  return validRange(range) !== null && valid(tag) !== null && satisfies(tag, range);
}

/**
 * Whether a `repoURL` is the repository behind a web page: the same hostname and path; scheme, user, port and
 * `.git` make no difference.
 */
export function isSameRepository(repoUrl: string, webUrl: string): boolean {
  let page: URL;
  try {
    page = new URL(webUrl);
  } catch {
    return false;
  }
  const match =
    /^(?:(?:https?|ssh):\/\/)?(?:[\w.][\w.-]*(?::[^@/]*)?@)?(?:(?:alt)?ssh\.)?([^/:]+)(?::\d+)?[:/](.*)$/i.exec(
      repoUrl.trim(),
    );
  if (match === null) return false;
  const [, host = '', path = ''] = match;
  const clean = (text: string) =>
    text
      .replace(/^\/+|\/+$/g, '')
      .replace(/\.git$/i, '')
      .toLowerCase();
  return host.toLowerCase() === page.hostname.toLowerCase() && clean(path) === clean(page.pathname);
}

/**
 * Whether changed files matter to an Application: all do, unless the annotation manifest-generate-paths names
 * paths (`;` between them, `.` the source's own, `/…` from the root).
 */
function touchesPaths(app: Application, files: readonly string[]): boolean {
  const paths = (app.metadata.annotations?.['argocd.argoproj.io/manifest-generate-paths'] ?? '')
    .split(';')
    .filter((path) => path !== '');
  // Payloads that name no files (a forced push, a merge) say nothing about paths.
  if (paths.length === 0 || files.length === 0) return true;
  const own = app.spec.source?.path ?? '';
  const folders = paths.map((path) => posix.join('/', path.startsWith('/') ? path : posix.join(own, path)));
  return files.some((file) =>
    folders.some((folder) => folder === '/' || `/${file}` === folder || `/${file}`.startsWith(`${folder}/`)),
  );
}

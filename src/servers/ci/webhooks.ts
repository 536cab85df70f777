import { createHmac } from 'node:crypto';
import { isLoopbackHost } from '../../lib/http/guard.ts';
import { equalSecrets } from '../../lib/secrets.ts';
import { JenkinsError } from './errors.ts';
import type { Head } from './model.ts';
import { pullRequestHead, type Multibranch } from './multibranch.ts';
import type { Store } from './store.ts';

export interface GiteaServer {
  readonly url: string;
  /** The same server as it is seen from elsewhere. */
  readonly clusterUrl?: string;
  /** For commit statuses and scans, where the job has no credentials. */
  readonly credentials?:
    { readonly username: string; readonly password: string } | { readonly token: string };
}

interface Payload {
  readonly ref?: string;
  readonly ref_type?: string;
  readonly sha?: string;
  readonly before?: string;
  readonly after?: string;
  readonly action?: string;
  readonly repository?: {
    readonly html_url?: string;
    readonly clone_url?: string;
    readonly full_name?: string;
  };
  readonly pull_request?: Parameters<typeof pullRequestHead>[0] & { readonly state?: string };
}

const EVENTS = ['push', 'create', 'delete', 'pull_request', 'pull_request_sync', 'repository', 'release'];

export interface WebhookParts {
  readonly store: Store;
  readonly multibranch: Multibranch;
  readonly servers: readonly GiteaServer[];
  readonly secret: string | undefined;
}

/**
 * A delivery to `/gitea-webhook/post`. It is answered at once; what it is about goes on behind the answer, and a scan finds it if
 * the server is killed in between.
 * @throws JenkinsError 400 and 403.
 */
export function receiveGitea(
  parts: WebhookParts,
  delivery: {
    readonly event: string | undefined;
    readonly contentType: string;
    readonly signature: string | undefined;
    readonly body: Buffer;
  },
): string {
  const { event, contentType, signature, body } = delivery;
  if (!/^application\/json\b/.test(contentType)) {
    throw new JenkinsError(
      400,
      `Only application/json content is supported, this was ${contentType.slice(0, 80)}`,
    );
  }
  if (event === undefined || event === '') {
    throw new JenkinsError(400, 'Expecting a Gitea event, missing expected X-Gitea-Event header');
  }
  if (parts.secret !== undefined) {
    const expected = createHmac('sha256', parts.secret).update(body).digest('hex');
    if (signature === undefined || !equalSecrets(signature.toLowerCase(), expected)) {
      throw new JenkinsError(
        403,
        'the X-Gitea-Signature does not fit the payload and the secret of this server',
      );
    }
  }
  if (!EVENTS.includes(event)) return 'Ignored';
  const payload = parsePayload(body);
  for (const job of jobsOf(parts, payload)) dispatch(parts.multibranch, job, event, payload);
  return 'Processed';
}

/**
 * `/git/notifyCommit?url=…[&branches=…&sha1=…]` of the git plugin. Without branch and commit, the jobs of the repository are scanned.
 */
export function receiveNotifyCommit(parts: WebhookParts, query: URLSearchParams): string {
  const url = query.get('url');
  if (url === null) throw new JenkinsError(400, 'the parameter "url" is missing');
  const branches = (query.get('branches') ?? '').split(',').filter((branch) => branch !== '');
  const sha1 = query.get('sha1') ?? '';
  const [branch] = branches;
  const told: string[] = [];
  for (const { name } of parts.store.jobs()) {
    const config = parts.multibranch.config(name);
    if (config === undefined || !sameRepository(config.source.remote, url, parts.servers)) continue;
    if (branches.length === 1 && branch !== undefined && /^[0-9a-f]{40}$/.test(sha1)) {
      const head = { name: branch, ref: `refs/heads/${branch}`, revision: sha1 };
      const cause = { kind: 'branch-event' as const, description: `Commit notification ${sha1}` };
      void parts.multibranch.headChanged(name, head, cause);
      told.push(`Scheduled build of ${name} ${branch}`);
    } else {
      void parts.multibranch.scan(name, 'Started by a commit notification');
      told.push(`Scheduled indexing of ${name}`);
    }
  }
  return told.length === 0 ? `No Git consumers for URI ${url}` : told.join('\n');
}

function dispatch(multibranch: Multibranch, job: string, event: string, payload: Payload): void {
  const config = multibranch.config(job);
  if (config === undefined) return;
  const { branches, pullRequests } = config.source;
  const changed = (head: Head, what: string) => {
    const description = `${what} ${head.name}`;
    void multibranch.headChanged(job, head, { kind: 'branch-event', description }, payload.before);
  };
  if (event === 'push' || ((event === 'create' || event === 'delete') && payload.ref_type === 'branch')) {
    const name = (payload.ref ?? '').replace(/^refs\/heads\//, '');
    if (!branches || name === '' || name.startsWith('refs/')) return;
    const revision = payload.after ?? payload.sha ?? '';
    if (event === 'delete' || /^0+$/.test(revision)) void multibranch.headGone(job, name);
    else if (/^[0-9a-f]{40}$/.test(revision)) {
      changed({ name, ref: `refs/heads/${name}`, revision }, 'Push event to branch');
    }
  } else if (event.startsWith('pull_request') && pullRequests && payload.pull_request !== undefined) {
    const head = pullRequestHead(payload.pull_request);
    if (payload.action === 'closed' || payload.pull_request.state === 'closed')
      void multibranch.headGone(job, head.name);
    else changed(head, 'Pull request');
  }
}

function jobsOf({ store, multibranch, servers }: WebhookParts, payload: Payload): string[] {
  const urls = [payload.repository?.clone_url, payload.repository?.html_url].filter(
    (url) => url !== undefined,
  );
  return store
    .jobs()
    .map(({ name }) => name)
    .filter((name) => {
      const remote = multibranch.config(name)?.source.remote;
      return remote !== undefined && urls.some((url) => sameRepository(remote, url, servers));
    });
}

/** Whether two URLs are the same repository: scheme, user and `.git` do not matter, all names of loopback are one, and so are the two views of a server. */
function sameRepository(one: string, other: string, servers: readonly GiteaServer[]): boolean {
  const forms = (url: string) => {
    const all = [url];
    for (const { url: outside, clusterUrl } of servers) {
      if (clusterUrl === undefined) continue;
      if (startsWithServer(url, outside))
        all.push(clusterUrl.replace(/\/$/, '') + url.slice(outside.replace(/\/$/, '').length));
      if (startsWithServer(url, clusterUrl))
        all.push(outside.replace(/\/$/, '') + url.slice(clusterUrl.replace(/\/$/, '').length));
    }
    return all.map(normalize);
  };
  const wanted = forms(other);
  return forms(one).some((form) => wanted.includes(form));
}

function startsWithServer(url: string, server: string): boolean {
  return url.startsWith(`${server.replace(/\/$/, '')}/`);
}

function normalize(url: string): string {
  const plain = (path: string) =>
    path
      .replace(/\/+$/, '')
      .replace(/\.git$/, '')
      .toLowerCase();
  try {
    const { hostname, port, pathname, protocol } = new URL(url);
    if (protocol === 'file:') return `file:${plain(pathname)}`;
    const host = isLoopbackHost(hostname) ? 'loopback' : hostname;
    return `${host}:${port || (protocol === 'https:' ? '443' : '80')}${plain(decodeURI(pathname))}`;
  } catch {
    return `file:${plain(url)}`;
  }
}

function parsePayload(body: Buffer): Payload {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw new JenkinsError(400, 'the payload is not a JSON object');
}

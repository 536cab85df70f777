import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

/**
 * The GitOps repository by the REST API of Gitea and Forgejo: files, commits and pull requests, without a clone.
 * Another Git server needs another file with the same functions. `url` is the address of the server,
 * `repository` is "owner/name".
 */
export function openRepository({ url, repository, username, password }) {
  const base = `${url.replace(/\/$/, '')}/api/v1/repos/${repository}`;
  const authorization = username && `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const call = (method, path, body) => callJson(method, `${base}${path}`, { authorization, body });
  const at = (path, ref) => `${path.split('/').map(encodeURIComponent).join('/')}?ref=${encodeURIComponent(ref)}`;

  return {
    /** The files below a folder by their name in it, each with the id of its content; none when it does not exist. */
    async list(folder, ref) {
      const entries = (await call('GET', `/contents/${at(folder, ref)}`).catch(undefinedIfMissing)) ?? [];
      const files = new Map();
      for (const { type, path, sha } of entries) {
        if (type === 'file') files.set(path.slice(folder.length + 1), sha);
        if (type !== 'dir') continue;
        for (const [name, id] of await this.list(path, ref)) files.set(`${path.slice(folder.length + 1)}/${name}`, id);
      }
      return files;
    },
    async read(path, ref) {
      return callText('GET', `${base}/raw/${at(path, ref)}`, { authorization });
    },
    async hasBranch(branch) {
      return (await call('GET', `/branches/${encodeURIComponent(branch)}`).catch(undefinedIfMissing)) !== undefined;
    },
    /**
     * One commit with all changes, `{ operation: create|update|delete, path, content, sha }`, on `branch`; with `from`
     * the branch is new and begins there. `sha` is what the file was: the server refuses when it has changed since.
     */
    async commit({ branch, from, message, changes }) {
      const files = changes.map(({ content, ...change }) =>
        content === undefined ? change : { ...change, content: Buffer.from(content).toString('base64') },
      );
      const place = from === undefined ? { branch } : { branch: from, new_branch: branch };
      return (await call('POST', '/contents', { ...place, message, files })).commit.sha;
    },
    /** Open pull requests whose branch begins with the prefix, as `{ number, branch, url }`. */
    async openPulls(prefix) {
      const found = [];
      for (let page = 1; ; page++) {
        const pulls = await call('GET', `/pulls?state=open&limit=50&page=${page}`);
        found.push(...pulls.map(fromGitea).filter(({ branch }) => branch.startsWith(prefix)));
        if (pulls.length < 50) return found;
      }
    },
    async openPull({ branch, base: into, title, body }) {
      return fromGitea(await call('POST', '/pulls', { head: branch, base: into, title, body }));
    },
    async updatePull(number, { title, body }) {
      return fromGitea(await call('PATCH', `/pulls/${number}`, { title, body }));
    },
    /** Closes a pull request without merging it, says why, and removes its branch. */
    async closePull({ number, branch }, comment) {
      await call('POST', `/issues/${number}/comments`, { body: comment });
      await call('PATCH', `/pulls/${number}`, { state: 'closed' });
      await call('DELETE', `/branches/${encodeURIComponent(branch)}`).catch(undefinedIfMissing);
    },
  };
}

/** The id that git gives to a file with this content: equal ids, equal files. */
export function contentId(content) {
  const bytes = Buffer.from(content);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Whether the server refused a commit because the branch has moved since it was read. */
export function wasOvertaken(error) {
  return error instanceof HttpError && (error.status === 409 || error.status === 422);
}

function fromGitea({ number, html_url, head }) {
  return { number, branch: head.ref, url: html_url };
}

/** The server answered, but not with success. */
export class HttpError extends Error {
  constructor(method, url, status, body) {
    super(`${method} ${url} was answered with ${status}: ${body.replace(/\s+/g, ' ').slice(0, 300)}`);
    this.name = 'HttpError';
    this.status = status;
  }
}

function undefinedIfMissing(error) {
  if (error.status !== 404) throw error;
  return undefined;
}

async function callJson(method, url, options) {
  const text = await callText(method, url, options);
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new Error(`${method} ${url} was not answered with JSON: ${text.slice(0, 100)}`);
  }
}

/** node:http rather than fetch: it is there at once, and fetch takes some 40 ms to load. */
function callText(method, url, { authorization, body }) {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(authorization ? { authorization } : {}),
    ...(content === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
  };
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? https.request : http.request;
    const sent = send(url, { method, headers, timeout: 30_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('error', reject).on('end', () => {
        if (response.statusCode < 300) resolve(text);
        else reject(new HttpError(method, url, response.statusCode, text));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer in 30 s`)));
    sent.on('error', (error) => reject(new Error(`${method} ${url} failed: ${error.message || error.code}`)));
    sent.end(content);
  });
}

import { request } from 'node:http';
import { request as secureRequest } from 'node:https';

/**
 * Pull requests by the REST API of Gitea and Forgejo. Another Git server needs another file with the same four functions.
 * `url` is the address of the server, `repository` is "owner/name".
 */
export function createPullRequests({ url, repository, username, password }) {
  const base = `${url.replace(/\/$/, '')}/api/v1/repos/${repository}`;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const call = (method, path, body) => callJson(method, `${base}${path}`, { authorization, body });

  return {
    /** Open pull requests whose branch begins with the prefix, as `{ number, branch, title, body, url }`. */
    async listOpen(prefix) {
      const found = [];
      for (let page = 1; ; page++) {
        const pulls = await call('GET', `/pulls?state=open&limit=50&page=${page}`);
        found.push(...pulls.map(fromGitea).filter(({ branch }) => branch.startsWith(prefix)));
        if (pulls.length < 50) return found;
      }
    },
    async open({ branch, base: into, title, body }) {
      return fromGitea(await call('POST', '/pulls', { head: branch, base: into, title, body }));
    },
    async update(number, { title, body }) {
      return fromGitea(await call('PATCH', `/pulls/${number}`, { title, body }));
    },
    /** Closes a pull request without merging it, says why, and removes its branch. */
    async close({ number, branch }, comment) {
      await call('POST', `/issues/${number}/comments`, { body: comment });
      await call('PATCH', `/pulls/${number}`, { state: 'closed' });
      await call('DELETE', `/branches/${encodeURIComponent(branch)}`).catch(ignoreMissing);
    },
  };
}

function fromGitea({ number, title, body, html_url, head }) {
  return { number, branch: head.ref, title, body, url: html_url };
}

/** The server answered, but not with success. */
export class HttpError extends Error {
  constructor(method, url, status, body) {
    super(`${method} ${url} was answered with ${status}: ${body.replace(/\s+/g, ' ').slice(0, 300)}`);
    this.name = 'HttpError';
    this.status = status;
  }
}

function ignoreMissing(error) {
  if (error.status !== 404) throw error;
}

/** node:http rather than fetch: it is there at once, and fetch takes some 40 ms to load. */
function callJson(method, url, { authorization, body }) {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = { authorization, accept: 'application/json' };
  if (content !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = Buffer.byteLength(content);
  }
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? secureRequest : request;
    const sent = send(url, { method, headers, timeout: 30_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('error', reject).on('end', () => {
        if (response.statusCode >= 300) return reject(new HttpError(method, url, response.statusCode, text));
        try {
          resolve(text === '' ? undefined : JSON.parse(text));
        } catch {
          reject(new HttpError(method, url, response.statusCode, `not JSON: ${text}`));
        }
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${url} got no answer in 30 s`)));
    sent.on('error', (error) => reject(new Error(`${method} ${url} failed: ${error.message || error.code}`)));
    sent.end(content);
  });
}

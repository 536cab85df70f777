import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

/** The id that git gives to a file with this content: equal ids, equal files. */
export function contentId(content) {
  const bytes = Buffer.from(content);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Whether the server refused a commit because the branch has moved since it was read. */
export function wasOvertaken(error) {
  return error instanceof HttpError && (error.status === 409 || error.status === 422);
}

/** The server answered, but not with success. */
export class HttpError extends Error {
  constructor(method, url, status, body) {
    super(`${method} ${url} was answered with ${status}: ${body.replace(/\s+/g, ' ').slice(0, 300)}`);
    this.name = 'HttpError';
    this.status = status;
  }
}

export function undefinedIfMissing(error) {
  if (error.status !== 404) throw error;
  return undefined;
}

export async function callJson(method, url, options) {
  const text = await callText(method, url, options);
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new Error(`${method} ${url} was not answered with JSON: ${text.slice(0, 100)}`);
  }
}

/** node:http rather than fetch: it is there at once, and fetch takes some 40 ms to load. */
export function callText(method, url, { authorization, body, type = 'application/json' }) {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(authorization ? { authorization } : {}),
    ...(content === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(content) }),
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

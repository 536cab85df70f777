import { setTimeout as delay } from 'node:timers/promises';
import { encodePath, hasStatus, type Http, type HttpMethod } from '../http.ts';

/** A path of encoded segments, with the slashes of file paths and branch names kept. */
export function at(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  const path = String.raw({ raw: strings }, ...values.map((value) => encodePath(String(value))));
  return path.replace(/\/$/, '');
}

/** All pages of a list. A server may have smaller pages than are asked for (`MAX_RESPONSE_ITEMS`); it tells the total. */
export async function all<T>(
  http: Http,
  path: string,
  query: Record<string, string | undefined> = {},
  itemsOf: (body: unknown) => T[] | null = (body) => body as T[] | null,
): Promise<T[]> {
  const limit = 50;
  const items: T[] = [];
  for (let page = 1; ; page += 1) {
    const response = await http.request('GET', path, { query: { ...query, page, limit } });
    const batch = itemsOf(response.json()) ?? [];
    const total = Number(response.headers['x-total-count'] ?? Number.NaN);
    items.push(...batch);
    if (batch.length === 0 || items.length >= total || (Number.isNaN(total) && batch.length < limit))
      return items;
  }
}

/** How long a server may take to look for conflicts, and between two tries, in milliseconds. */
const CHECK_LIMIT = 10_000;
const CHECK_INTERVAL = 200;

export async function whenChecked(merge: () => Promise<void>): Promise<void> {
  for (let waited = 0; ; waited += CHECK_INTERVAL) {
    try {
      return await merge();
    } catch (error) {
      const later = hasStatus(error, 405) && /try again later/i.test(error.body);
      if (!later || waited >= CHECK_LIMIT) throw error;
      await delay(CHECK_INTERVAL);
    }
  }
}

export async function send(http: Http, method: HttpMethod, path: string, json?: unknown): Promise<void> {
  await http.request(method, path, json === undefined ? {} : { json });
}

export function base64(content: string | Uint8Array): string {
  return (typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)).toString('base64');
}

export interface Page {
  /** From 1. */
  readonly page?: number;
  readonly limit?: number;
}

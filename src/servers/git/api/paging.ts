import { json, type Call } from './call.ts';

const DEFAULT_LIMIT = 30;
const MOST = 50;

export interface Window {
  readonly page: number;
  readonly limit: number;
  readonly skip: number;
}

/** `page` and `limit` of the query; what is out of range is put into it, as Gitea does. */
export function windowOf(call: Call): Window {
  const number = (name: string, otherwise: number) => {
    const value = Number(call.query(name) ?? otherwise);
    return Number.isSafeInteger(value) && value > 0 ? value : otherwise;
  };
  const page = Math.min(number('page', 1), 1_000_000);
  const limit = Math.min(number('limit', DEFAULT_LIMIT), MOST);
  return { page, limit, skip: (page - 1) * limit };
}

/** `X-Total-Count` and the `Link` header (RFC 8288) of a page. */
export function pageHeaders(call: Call, { page, limit }: Window, total: number): Record<string, string> {
  const last = Math.max(1, Math.ceil(total / limit));
  const link = (to: number, relation: string) => {
    const url = new URL(`${call.service.publicUrl}${call.url.pathname}${call.url.search}`);
    url.searchParams.set('page', String(to));
    url.searchParams.set('limit', String(limit));
    return `<${url.href}>; rel="${relation}"`;
  };
  const links = [
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first'), link(page - 1, 'prev')] : []),
  ];
  return {
    'x-total-count': String(total),
    'access-control-expose-headers': 'X-Total-Count, Link',
    ...(links.length > 0 ? { link: links.join(',') } : {}),
    ...(page < last ? { 'x-hasmore': 'true' } : {}),
  };
}

/** The page of a whole list that the query asks for. */
export async function paged<T>(
  call: Call,
  items: readonly T[],
  view: (item: T) => unknown,
): Promise<Response> {
  const window = windowOf(call);
  const page = items.slice(window.skip, window.skip + window.limit);
  return json(await Promise.all(page.map(view)), 200, pageHeaders(call, window, items.length));
}

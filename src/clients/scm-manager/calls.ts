import type { Http, HttpMethod } from '../http.ts';
import type * as Scm from '../scm-manager-types.ts';

/** Items in a page. */
export const PAGE = 100;

export const mediaType = (name: string) => `application/vnd.scmm-${name}+json;v=2`;

/** A path of encoded segments; slashes in file paths are kept by `encodePath`, those of branch names are not. */
export function at(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  return String.raw({ raw: strings }, ...values.map((value) => encodeURIComponent(String(value))));
}

/** @param limit milliseconds until a request without an answer fails, where it may take longer than others. */
export async function send(
  http: Http,
  method: HttpMethod,
  path: string,
  type: string,
  body: unknown,
  limit?: { readonly timeout: number },
) {
  return http.request(method, path, {
    headers: { 'content-type': type },
    body: JSON.stringify(body),
    ...limit,
  });
}

/** All pages of a collection. */
export async function all<Item>(
  http: Http,
  path: string,
  name: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 0; ; page += 1) {
    const found = await http.json<Scm.Collection<string, Item>>('GET', path, {
      query: { ...query, page, pageSize: PAGE },
    });
    items.push(...(found._embedded?.[name] ?? []));
    if (page + 1 >= (found.pageTotal ?? 1)) return items;
  }
}

/** What is embedded in an answer that has no pages. */
export async function embedded<Item>(http: Http, path: string, name: string): Promise<readonly Item[]> {
  return (await http.json<Scm.Collection<string, Item>>('GET', path))._embedded?.[name] ?? [];
}

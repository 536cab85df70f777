import { RegistryRefusal } from './errors.ts';
import { sendJson, type Exchange } from './exchange.ts';

/** GET of a repository's tags ("Listing Tags"). */
export function listTags(exchange: Exchange, repository: string): void {
  const tags = exchange.parts.catalog.tags(repository);
  if (tags === undefined) {
    throw new RegistryRefusal(404, 'NAME_UNKNOWN', `there is no repository ${repository}`);
  }
  const { page, headers } = paged(tags, exchange.query, `/v2/${repository}/tags/list`);
  sendJson(exchange.response, { name: repository, tags: page }, headers);
}

/** GET of all repositories; not in the specification, but every registry has it. */
export function listRepositories(exchange: Exchange): void {
  const names = exchange.parts.catalog.repositories();
  const { page, headers } = paged(names, exchange.query, '/v2/_catalog');
  sendJson(exchange.response, { repositories: page }, headers);
}

/** The part of a sorted list after `last`, at most `n` long, and the Link to what follows (RFC 5988). */
function paged(
  names: readonly string[],
  query: URLSearchParams,
  path: string,
): { page: string[]; headers: Record<string, string> } {
  const last = query.get('last');
  const rest = last === null ? names : names.filter((name) => name > last);
  const n = query.get('n');
  if (n === null) return { page: [...rest], headers: {} };
  if (!/^\d{1,9}$/.test(n)) {
    throw new RegistryRefusal(400, 'PAGINATION_NUMBER_INVALID', 'n is not a number of entries');
  }
  const page = rest.slice(0, Number(n));
  const end = page.at(-1);
  if (end === undefined || page.length === rest.length) return { page, headers: {} };
  const next = new URLSearchParams({ n, last: end });
  return { page, headers: { link: `<${path}?${next.toString()}>; rel="next"` } };
}

/** What a URL of the API names. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly resource: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/**
 * Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`; undefined for every other path. A segment that is no valid percent
 * encoding names nothing.
 */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const segments = decodeSegments(pathname);
  if (segments === undefined) return undefined;
  const [root] = segments;
  const rest = root === 'api' ? segments.slice(2) : segments.slice(3);
  const group = root === 'api' ? '' : segments[1];
  const version = root === 'api' ? segments[1] : segments[2];
  if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined) return undefined;
  if (rest.length === 0 || rest.length > 5) return undefined;
  const common = { group, version };
  // `namespaces/NAME` is an object; `namespaces/NAME/RESOURCE` is a collection, unless it is a subresource of it.
  const inNamespace =
    rest[0] === 'namespaces' && rest.length >= 3 && !['status', 'finalize'].includes(rest[2] ?? '');
  const [resource, name, subresource, extra] = inNamespace ? rest.slice(2) : rest;
  if (resource === undefined || extra !== undefined) return undefined;
  return { ...common, namespace: inNamespace ? rest[1] : undefined, resource, name, subresource };
}

function decodeSegments(pathname: string): string[] | undefined {
  try {
    const segments = pathname
      .replace(/^\/|\/$/g, '')
      .split('/')
      .map(decodeURIComponent);
    return segments.includes('') ? undefined : segments;
  } catch {
    return undefined;
  }
}

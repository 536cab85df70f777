/** What an Authorization header carries. */
export type Authorization =
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | { readonly scheme: 'bearer' | 'token'; readonly token: string };

/** Reads an Authorization header (RFC 7617, RFC 6750, and Gitea's `token …`); undefined when it is none of them. */
export function parseAuthorization(header: string | undefined): Authorization | undefined {
  const match = /^(basic|bearer|token)\s+(\S+)\s*$/i.exec(header ?? '');
  const [, scheme = '', value = ''] = match ?? [];
  switch (scheme.toLowerCase()) {
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString('utf8');
      const colon = text.indexOf(':');
      if (colon < 0) return undefined;
      return { scheme: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) };
    }
    case 'bearer':
      return { scheme: 'bearer', token: value };
    case 'token':
      return { scheme: 'token', token: value };
    default:
      return undefined;
  }
}

/** The value of an Authorization header for a user and a password. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

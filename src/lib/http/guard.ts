import type { IncomingHttpHeaders } from 'node:http';

/** Why a request is refused before any route sees it, or undefined when it is welcome. */
export type Refusal = { readonly status: 403 | 421; readonly reason: string };

/**
 * Refuses what a web page of another site could make a browser send: a Host that is not loopback (DNS
 * rebinding), and an Origin other than the server's own (cross-site requests).
 * @param allowedOrigins further origins (`http://127.0.0.1:4711`), the dashboard's for example.
 */
export function refuseForeign(
  headers: IncomingHttpHeaders,
  allowedOrigins: readonly string[] = [],
): Refusal | undefined {
  const host = headers.host ?? '';
  if (!isLoopbackHost(host)) {
    return {
      status: 421,
      reason: `the Host "${host.slice(0, 100)}" is not served here; use localhost or 127.0.0.1`,
    };
  }
  const { origin } = headers;
  if (origin === undefined) return undefined;
  const own = [`http://${host}`, `https://${host}`];
  if (own.includes(origin) || allowedOrigins.includes(origin)) return undefined;
  return { status: 403, reason: `requests from the origin "${origin.slice(0, 100)}" are refused` };
}

/** Whether a Host header names this machine: localhost, a name below it, or a loopback address. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}

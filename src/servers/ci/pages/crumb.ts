import type { Exchange } from '../routes/exchange.ts';

/** The crumb for the forms of a page; without a session there is none, and the forms are refused. */
export function crumbOf({ site, request }: Exchange): string {
  const session = site.auth.sessionOf(request);
  return session === undefined ? '' : site.auth.crumb(session.cookie);
}

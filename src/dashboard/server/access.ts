import { createHmac } from 'node:crypto';
import { parseAuthorization } from '../../lib/http/auth.ts';
import { equalSecrets } from '../../lib/secrets.ts';

interface Secrets {
  readonly git: { readonly password: string };
}

/**
 * The key of a playground's dashboard. It follows from the playground's password, so that a page stays logged in when
 * the dashboard was started again.
 */
export function dashboardKey({ git }: Secrets): string {
  return createHmac('sha256', git.password).update('dashboard').digest('base64url');
}

/**
 * The address that logs a browser in: the part after `#` never leaves it. The page keeps the key in the storage of its
 * own origin and sends it in a header. A cookie would go to every other port of this machine as well, those of the
 * playground's workloads among them.
 */
export function dashboardAddress(
  endpoints: Secrets & { readonly dashboard: { readonly url: string } },
): string {
  return `${endpoints.dashboard.url}/#key=${dashboardKey(endpoints)}`;
}

/** Whether a request carries the key. */
export function hasKey(endpoints: Secrets, authorization: string | undefined): boolean {
  const given = parseAuthorization(authorization);
  return given?.scheme === 'bearer' && equalSecrets(given.token, dashboardKey(endpoints));
}

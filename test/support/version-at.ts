import type { Version } from '../../src/clients/application.ts';

/** What the application says of itself at an address. A connection that leads to a pod which is gone is given up. */
export async function versionAt(url: string): Promise<Version> {
  const response = await fetch(`${url}/version`, { signal: AbortSignal.timeout(5000) });
  return (await response.json()) as Version;
}

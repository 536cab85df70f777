import { createHash } from 'node:crypto';

/** What SCM-Manager 3.11 reads of a plugin center's answer (PluginCenterDto). */
interface Answer {
  readonly _embedded: {
    readonly plugins?: readonly {
      readonly name: string;
      readonly version: string;
      readonly sha256sum?: string;
      readonly dependencies?: readonly string[];
      readonly _links: { readonly download: { readonly href: string } };
    }[];
  };
}

/** As Java's HttpURLConnection asks where nobody tells it what to accept. */
const headers = {
  'user-agent': 'Java/17.0.15',
  accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
};

/**
 * Takes a plugin from a plugin center, and before it those that it needs, as SCM-Manager 3.11 does: the list is read whatever its
 * content type says, and a file whose sum is another one is refused.
 * @param seen an address as it is reached from where the test runs.
 * @returns the names of what was taken, or undefined where the center does not have one of them.
 */
export async function takePlugin(
  center: string,
  name: string,
  installed: readonly string[],
  seen: (address: string) => string,
): Promise<string[] | undefined> {
  const ask = async (address: string) => {
    const response = await fetch(seen(address), { headers });
    if (!response.ok) throw new Error(`${address} answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  const { plugins = [] } = (JSON.parse((await ask(center)).toString()) as Answer)._embedded;
  const taken: string[] = [];
  const take = async (wanted: string): Promise<boolean> => {
    if ([...installed, ...taken].includes(wanted)) return true;
    const plugin = plugins.find((candidate) => candidate.name === wanted);
    if (plugin === undefined) return false;
    for (const dependency of plugin.dependencies ?? []) if (!(await take(dependency))) return false;
    const file = await ask(plugin._links.download.href);
    const sum = createHash('sha256').update(file).digest('hex');
    if (plugin.sha256sum !== undefined && plugin.sha256sum !== sum) return false;
    taken.push(wanted);
    return true;
  };
  return (await take(name)) ? taken : undefined;
}

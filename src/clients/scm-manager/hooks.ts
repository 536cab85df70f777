import type { GitHook, GitServer } from '../git-server.ts';
import type { Http } from '../http.ts';
import type * as Scm from '../scm-manager-types.ts';
import { at, send } from './calls.ts';

/** Webhooks. The plugin calls an address after every push, and keeps no record of it. */
export function hooks(
  http: Http,
): Pick<GitServer, 'listHooks' | 'createHook' | 'editHook' | 'deleteHook' | 'findDeliveries'> {
  const path = (owner: string, name: string) => at`plugins/webhook/${owner}/${name}`;
  const read = async (owner: string, name: string) =>
    (await http.json<{ readonly webhooks?: readonly Scm.ScmWebhook[] }>('GET', path(owner, name))).webhooks ??
    [];
  const write = (owner: string, name: string, webhooks: readonly Scm.ScmWebhook[]) =>
    send(http, 'PUT', path(owner, name), 'application/json', { webhooks });
  /** The plugin keeps one list for a repository; a webhook's number is its place in it, from 1. */
  const toHook = ({ configuration }: Scm.ScmWebhook, index: number): GitHook => ({
    id: index + 1,
    active: true,
    events: ['push'],
    config: { url: configuration.urlPattern },
  });
  return {
    listHooks: async (owner, name) => (await read(owner, name)).map(toHook),
    createHook: async (owner, name, { config }) => {
      const configuration = {
        urlPattern: config.url,
        ...{ executeOnEveryCommit: false, sendCommitData: false },
        method: config.http_method === 'get' ? ('GET' as const) : ('POST' as const),
        headers: [],
      };
      await write(owner, name, [...(await read(owner, name)), { name: 'SimpleWebHook', configuration }]);
    },
    /** Only the address can be another one. */
    editHook: async (owner, name, id, { config }) => {
      const changed = (await read(owner, name)).map((hook, index): Scm.ScmWebhook => {
        const { configuration } = hook;
        const urlPattern = config?.url ?? configuration.urlPattern;
        return index + 1 === id ? { ...hook, configuration: { ...configuration, urlPattern } } : hook;
      });
      await write(owner, name, changed);
    },
    deleteHook: async (owner, name, id) => {
      const present = await read(owner, name);
      await write(
        owner,
        name,
        present.filter((_, index) => index + 1 !== id),
      );
    },
    findDeliveries: async () => undefined,
  };
}

import type * as Gitea from '../gitea-types.ts';
import { type Http, orUndefined } from '../http.ts';
import { all, at, send } from './calls.ts';

/** Webhooks. */
export function hooks(http: Http) {
  return {
    listHooks: (owner: string, name: string) => all<Gitea.Hook>(http, at`repos/${owner}/${name}/hooks`),
    createHook: (owner: string, name: string, hook: Gitea.CreateHook) =>
      http.json<Gitea.Hook>('POST', at`repos/${owner}/${name}/hooks`, { json: hook }),
    /** `config` is laid over what the hook has. */
    editHook: (
      owner: string,
      name: string,
      id: number,
      change: { readonly config?: Readonly<Record<string, string>>; readonly active?: boolean },
    ) => http.json<Gitea.Hook>('PATCH', at`repos/${owner}/${name}/hooks/${id}`, { json: change }),
    deleteHook: (owner: string, name: string, id: number) =>
      send(http, 'DELETE', at`repos/${owner}/${name}/hooks/${id}`),
    /**
     * What was sent to a hook, newest first; undefined on a server that does not tell, as Gitea: it shows them on its
     * page of the hook alone.
     */
    findDeliveries: (owner: string, name: string, id: number, limit: number) =>
      orUndefined(
        http.json<Gitea.Delivery[]>('GET', at`repos/${owner}/${name}/hooks/${id}/deliveries`, {
          query: { limit },
        }),
      ),
    /** Sends a push event with the newest commit. */
    testHook: (owner: string, name: string, id: number) =>
      send(http, 'POST', at`repos/${owner}/${name}/hooks/${id}/tests`),
  };
}

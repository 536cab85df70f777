import type { GitServer } from '../git-server.ts';
import { type Http, orUndefined } from '../http.ts';
import { installPlugins, missingPlugins } from '../scm-manager-plugins.ts';
import type * as Scm from '../scm-manager-types.ts';
import { at, mediaType, send } from './calls.ts';

/** How the server is made ready. */
export interface Readying {
  /** Milliseconds between two looks at a server that restarts. */
  readonly interval?: number;
  /** Address of a plugin center in place of the one on the internet; asked for when the server has yet to be made ready. */
  readonly pluginCenter?: () => Promise<string | undefined>;
}

/** What the server, and its pages in the browser, ask of the internet beside plugins: news of versions, alerts, tips. Empty is off. */
const quiet = { alertsUrl: '', releaseFeedUrl: '', loginInfoUrl: '' } as const;

/** The server itself, users, and what stands for an organization. */
export function accounts(
  http: Http,
  { interval = 1000, pluginCenter }: Readying,
): Pick<GitServer, 'version' | 'findUser' | 'createUser' | 'findOrganization' | 'createOrganization'> {
  const freely = 'CustomNamespaceStrategy';
  const configuration = () => http.json<Scm.ScmConfiguration>('GET', 'config');

  return {
    version: async () => (await http.json<{ readonly version: string }>('GET', '')).version,
    findUser: async (name) => {
      const user = await orUndefined(http.json<Scm.ScmUser>('GET', at`users/${name}`));
      return user && { login: user.name };
    },
    createUser: ({ username, password, email, full_name: displayName = username }) => {
      const user = { name: username, displayName, mail: email, password, active: true, external: false };
      return send(http, 'POST', 'users', mediaType('user'), user);
    },
    /** A namespace comes with its first repository; what has to be there before is that names may be chosen, and the plugins. */
    findOrganization: async (name) => {
      const ready =
        (await configuration()).namespaceStrategy === freely && (await missingPlugins(http)).length === 0;
      return ready ? { name } : undefined;
    },
    createOrganization: async () => {
      const pluginUrl = await pluginCenter?.();
      await send(http, 'PUT', 'config', mediaType('config'), {
        ...(await configuration()),
        ...(pluginUrl === undefined ? {} : { ...quiet, pluginUrl }),
        namespaceStrategy: freely,
      });
      await installPlugins(http, interval, pluginUrl !== undefined);
    },
  };
}

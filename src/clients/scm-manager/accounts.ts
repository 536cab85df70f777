import type { GitServer } from '../git-server.ts';
import { type Http, orUndefined } from '../http.ts';
import { installPlugins, missingPlugins } from '../scm-manager-plugins.ts';
import type * as Scm from '../scm-manager-types.ts';
import { at, mediaType, send } from './calls.ts';

/**
 * The server itself, users, and what stands for an organization.
 * @param interval milliseconds between two looks at a server that restarts.
 */
export function accounts(
  http: Http,
  interval: number,
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
      await installPlugins(http, interval);
      await send(http, 'PUT', 'config', mediaType('config'), {
        ...(await configuration()),
        namespaceStrategy: freely,
      });
    },
  };
}

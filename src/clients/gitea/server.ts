import type * as Gitea from '../gitea-types.ts';
import { type Http, orUndefined } from '../http.ts';
import { all, at, send } from './calls.ts';

/** Users and organizations. */
export function server(http: Http) {
  return {
    version: async () => (await http.json<{ version: string }>('GET', 'version')).version,

    currentUser: () => http.json<Gitea.GiteaUser>('GET', 'user'),
    findUser: (name: string) => orUndefined(http.json<Gitea.GiteaUser>('GET', at`users/${name}`)),
    /** Needs a site administrator. */
    createUser: (user: {
      readonly username: string;
      readonly password: string;
      readonly email: string;
      readonly full_name?: string;
    }) =>
      http.json<Gitea.GiteaUser>('POST', 'admin/users', { json: { ...user, must_change_password: false } }),

    listTokens: (user: string) => all<Omit<Gitea.AccessToken, 'sha1'>>(http, at`users/${user}/tokens`),
    /** Needs the user's password (no token). */
    createToken: (user: string, name: string, scopes: readonly string[] = ['all']) =>
      http.json<Gitea.AccessToken>('POST', at`users/${user}/tokens`, { json: { name, scopes } }),
    deleteToken: (user: string, name: string) => send(http, 'DELETE', at`users/${user}/tokens/${name}`),

    findOrganization: (name: string) => orUndefined(http.json<Gitea.Organization>('GET', at`orgs/${name}`)),
    createOrganization: (name: string, description = '') =>
      http.json<Gitea.Organization>('POST', 'orgs', { json: { username: name, description } }),
    deleteOrganization: (name: string) => send(http, 'DELETE', at`orgs/${name}`),
  };
}

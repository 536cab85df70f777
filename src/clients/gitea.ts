import { basicAuthorization } from '../lib/http/auth.ts';
import { git } from './gitea/git.ts';
import { hooks } from './gitea/hooks.ts';
import { pulls } from './gitea/pulls.ts';
import { repositories } from './gitea/repositories.ts';
import { server } from './gitea/server.ts';
import { createHttp } from './http.ts';

export type * from './gitea-types.ts';

export interface GiteaSettings {
  /** Of the server, without `/api/v1`. */
  readonly url: string;
  readonly auth?:
    { readonly username: string; readonly password: string } | { readonly token: string } | undefined;
  readonly ca?: string;
}

export type GiteaClient = ReturnType<typeof createGitea>;

/**
 * The Gitea v1 REST API, for the real product and for every server that speaks it. Calls throw HttpStatusError
 * when the server refuses; a `find…` gives undefined where the server says 404.
 */
export function createGitea(settings: GiteaSettings) {
  const { url, auth, ca } = settings;
  const http = createHttp({
    baseUrl: `${url.replace(/\/+$/, '')}/api/v1`,
    ...(auth === undefined
      ? {}
      : {
          authorization:
            'token' in auth ? `token ${auth.token}` : basicAuthorization(auth.username, auth.password),
        }),
    ...(ca === undefined ? {} : { ca }),
  });
  return { http, ...server(http), ...repositories(http), ...git(http), ...pulls(http), ...hooks(http) };
}

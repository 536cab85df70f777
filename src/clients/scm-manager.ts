import { basicAuthorization } from '../lib/http/auth.ts';
import type { GitServer } from './git-server.ts';
import { createHttp } from './http.ts';
import { accounts, type Readying } from './scm-manager/accounts.ts';
import { branches } from './scm-manager/branches.ts';
import { contents } from './scm-manager/contents.ts';
import { history } from './scm-manager/history.ts';
import { hooks } from './scm-manager/hooks.ts';
import { placeAt } from './scm-manager/place.ts';
import { pulls } from './scm-manager/pulls.ts';
import { repositories } from './scm-manager/repositories.ts';
import { reviews } from './scm-manager/reviews.ts';

export interface ScmManagerSettings extends Readying {
  /** Of the server with its context path, `/scm`; without `/api`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/**
 * SCM-Manager by its REST API v2, its review plugin and its webhook plugin, and git for the files, with the words of GitServer.
 * Calls throw HttpStatusError when the server refuses; a `find…` gives undefined where it says 404.
 */
export function createScmManager(settings: ScmManagerSettings): GitServer {
  const { url, username, password } = settings;
  const root = url.replace(/\/+$/, '');
  const authorization = basicAuthorization(username, password);
  const http = createHttp({
    baseUrl: `${root}/api/v2`,
    authorization,
    // Every resource has a media type of its own; who asks for application/json gets 406.
    accept: '*/*',
  });
  const place = placeAt(root, authorization, username);
  return {
    keepsPulls: true,
    ...accounts(http, settings),
    ...repositories(http, place),
    ...branches(http, place),
    ...history(http, place),
    ...contents(place),
    ...pulls(http, place),
    ...reviews(http),
    ...hooks(http),
  };
}

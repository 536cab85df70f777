import { messageOf, PlaygroundError } from '../lib/errors.ts';
import { waitFor, type Look } from '../lib/wait.ts';
import { HttpStatusError, type Http } from './http.ts';
import type * as Scm from './scm-manager-types.ts';

/** Pull requests, and calls after a push; SCM-Manager takes the versions that fit its own from its plugin center. */
export const neededPlugins = ['scm-review-plugin', 'scm-webhook-plugin'] as const;

/** A restart with new plugins. */
const RESTART_LIMIT_MS = 180_000;

/** The plugins that the playground needs and this server lacks. */
export async function missingPlugins(http: Http): Promise<string[]> {
  const installed = await http.json<Scm.Collection<'plugins', Scm.ScmPlugin>>('GET', 'plugins/installed');
  const names = (installed._embedded?.plugins ?? []).map(({ name }) => name);
  return neededPlugins.filter((name) => !names.includes(name));
}

/**
 * Puts the plugins in, which restarts the server, and waits until it answers with them.
 * @param interval milliseconds between two looks.
 * @param local whether it takes them from a plugin center of the playground's own.
 * @throws PlaygroundError `plugins-missing` when the server cannot fetch them; WaitTimeout when it does not come back with them.
 */
export async function installPlugins(http: Http, interval: number, local: boolean): Promise<void> {
  const missing = await missingPlugins(http);
  if (missing.length === 0) return;
  for (const name of missing) {
    await http.request('POST', `plugins/available/${name}/install`).catch((error: unknown) => {
      throw error instanceof HttpStatusError ? notFetched(name, error, local) : error;
    });
  }
  await http.request('POST', 'plugins/pending/execute');
  const look = async (): Promise<Look<undefined>> => {
    try {
      const left = await missingPlugins(http);
      if (left.length === 0) return { done: true, value: undefined };
      return { done: false, seen: `it answers without ${left.join(', ')}` };
    } catch (error) {
      return { done: false, seen: messageOf(error) };
    }
  };
  await waitFor(look, {
    what: 'SCM-Manager to restart with its plugins',
    limit: RESTART_LIMIT_MS,
    interval,
  });
}

function notFetched(name: string, error: HttpStatusError, local: boolean): PlaygroundError {
  return new PlaygroundError({
    code: 'plugins-missing',
    message: `SCM-Manager cannot install its plugin ${name} (${error.message})`,
    hint: local
      ? "it fetches plugins from the playground's registry, which was filled out of the bundle: its own words are in `gitops-playground logs git`, then repeat `up`"
      : 'it fetches plugins from its plugin center: let its pod reach the internet, then repeat `up`; or bring a bundle (up --bundle FILE), or make the playground with --git-server gitea',
    cause: error,
  });
}

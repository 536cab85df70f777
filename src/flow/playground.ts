import { connectGitServer, type GitServer } from '../clients/git-server.ts';
import { createJenkins, type Jenkins } from '../clients/jenkins.ts';
import { connectKubernetes, type KubernetesClient } from '../clients/kubernetes.ts';
import { Registry } from '../clients/registry.ts';
import type { Config } from '../config/schema.ts';
import type { Endpoints, Engine } from '../engines/engine.ts';
import { commandFor } from '../lib/command-line.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { playgroundFolder } from '../lib/home.ts';
import { machinePassword as machinePasswordOf } from '../lib/secrets.ts';
import { bundledPluginCenter } from './plugin-center.ts';

/** A running playground: its configuration, its addresses, and a client for each of its standard APIs. */
export interface Playground {
  readonly config: Config;
  readonly endpoints: Endpoints;
  readonly folder: string;
  readonly git: GitServer;
  readonly ci: Jenkins;
  readonly registry: Registry;
  cluster(): Promise<KubernetesClient>;
}

export function connect(config: Config, endpoints: Endpoints): Playground {
  let cluster: Promise<KubernetesClient> | undefined;
  const registry = new Registry(endpoints.registry);
  return {
    config,
    endpoints,
    folder: playgroundFolder(config.name),
    git: connectGitServer(config.gitServer, {
      ...endpoints.git,
      pluginCenter: () => bundledPluginCenter(config, registry),
    }),
    ci: createJenkins(endpoints.ci),
    registry,
    cluster: () =>
      (cluster ??= connectKubernetes({
        file: endpoints.kubernetes.kubeconfig,
        context: endpoints.kubernetes.context,
      })),
  };
}

/**
 * The playground of this name, which has to run.
 * @throws PlaygroundError `not-running` with the command that starts it.
 */
export async function connectTo(engine: Engine, name: string): Promise<Playground> {
  const { state } = await engine.state(name);
  const config = await engine.keptConfig(name);
  if (state !== 'running' || config === undefined) throw notRunning(name);
  return connect(config, await requireEndpoints(engine, name));
}

/** The addresses of a playground, running or stopped. @throws PlaygroundError `not-running` when there is none. */
export async function requireEndpoints(engine: Engine, name: string): Promise<Endpoints> {
  const state = await engine.state(name);
  if (state.state === 'absent') throw notRunning(name);
  return state.endpoints;
}

function notRunning(name: string): PlaygroundError {
  return new PlaygroundError({
    code: 'not-running',
    message: `the playground "${name}" does not run`,
    hint: `start it: ${commandFor('up', name)}`,
  });
}

/** An address that a part gave, as the laptop reaches it: a part in a cluster names itself as the cluster sees it. */
export function seenFromHere(
  { url, clusterUrl }: { readonly url: string; readonly clusterUrl: string },
  address: string,
): string {
  const rest = address.startsWith(clusterUrl) ? address.slice(clusterUrl.length) : undefined;
  // Not the beginning of another port.
  return rest === '' || rest?.startsWith('/') === true ? `${url}${rest}` : address;
}

/** The password of a user that only machines use; the same whenever it is asked for. */
export function machinePassword(playground: Pick<Playground, 'endpoints'>, user: string): string {
  return machinePasswordOf(playground.endpoints.git.password, user);
}

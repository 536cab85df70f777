import { createHttp } from '../clients/http.ts';
import { addonsOf } from '../config/addons.ts';
import type { Endpoints, Engine } from '../engines/engine.ts';
import { messageOf } from '../lib/errors.ts';
import {
  isAddonWell,
  isWell,
  readAddons,
  readApplications,
  type AddonStatus,
  type ApplicationStatus,
} from './applications.ts';
import { hasBaseline } from './baseline.ts';
import { listFaults, type FaultStatus } from './faults/catalog.ts';
import { listRepositories, type RepositoryStatus } from './inventory.ts';
import { operators } from './operators/operator.ts';
import { connectTo, requireEndpoints, type Playground } from './playground.ts';

/** The addresses and logins as `status --json` shows them. */
export interface EndpointDocument {
  readonly dashboard: { readonly url: string };
  readonly git: { readonly url: string; readonly username: string; readonly password: string };
  readonly registry: { readonly host: string; readonly username?: string; readonly password?: string };
  readonly ci: { readonly url: string; readonly username: string; readonly password: string };
  readonly gitops: { readonly url: string; readonly username?: string; readonly password?: string };
  readonly kubernetes: { readonly kubeconfig: string; readonly context: string };
}

/** The document of `status --json`, which scripts rely on. */
export interface PlaygroundStatus {
  readonly name: string;
  readonly engine: string;
  readonly phase: 'ready' | 'starting' | 'degraded' | 'stopped';
  readonly endpoints: EndpointDocument;
  readonly repositories: readonly RepositoryStatus[];
  readonly applications: readonly ApplicationStatus[];
  /** Only where there are some. */
  readonly addons?: readonly AddonStatus[];
  /** Why the phase is not `ready`, as far as it is known. */
  readonly problems?: readonly Problem[];
  /** What is broken on purpose (`break`); then the phase is `degraded`. */
  readonly broken?: readonly BrokenOnPurpose[];
}

interface BrokenOnPurpose {
  readonly id: string;
  readonly title: string;
  readonly since?: string;
}

interface Problem {
  readonly what: string;
  readonly seen: string;
}

/** How a playground is, running or stopped. @throws PlaygroundError `not-running` when there is none. */
export async function playgroundStatus(engine: Engine, name: string): Promise<PlaygroundStatus> {
  const { state } = await engine.state(name);
  if (state === 'running') {
    const playground = await connectTo(engine, name);
    const [status, broken] = await Promise.all([
      statusOf(engine.id, playground),
      // A part that does not answer is told as a problem already.
      listFaults({ engine, playground }).catch(() => []),
    ]);
    return withBroken(status, broken);
  }
  const endpoints = endpointDocument(await requireEndpoints(engine, name));
  return { name, engine: engine.id, phase: 'stopped', endpoints, repositories: [], applications: [] };
}

function withBroken(status: PlaygroundStatus, faults: readonly FaultStatus[]): PlaygroundStatus {
  const broken = faults
    .filter((fault) => fault.broken)
    .map(({ id, title, since }) => ({ id, title, ...(since === undefined ? {} : { since }) }));
  if (broken.length === 0) return status;
  return { ...status, phase: status.phase === 'ready' ? 'degraded' : status.phase, broken };
}

/** Asks every part how it is. A part that does not answer is a problem in the result, never an error. */
export async function statusOf(engine: string, playground: Playground): Promise<PlaygroundStatus> {
  const { endpoints } = playground;
  const common = { name: playground.config.name, engine, endpoints: endpointDocument(endpoints) };
  const problems: Problem[] = [];
  const ask = async <T>(what: string, question: Promise<T>): Promise<T | undefined> => {
    try {
      return await question;
    } catch (error) {
      problems.push({ what, seen: messageOf(error) });
      return undefined;
    }
  };
  const { operator } = playground.config;
  const hasAddons = addonsOf(playground.config).length > 0;
  const [repositories = [], applications = [], addons = [], proven] = await Promise.all([
    ask('git', listRepositories(playground)),
    ask(
      'kubernetes',
      playground.cluster().then((cluster) => readApplications(cluster, endpoints, operator)),
    ),
    ask(
      'addons',
      hasAddons ? playground.cluster().then((cluster) => readAddons(cluster, operator)) : Promise.resolve([]),
    ),
    hasBaseline(playground),
    ask('registry', playground.registry.ping()),
    ask('ci', playground.ci.whoAmI()),
    ask(
      'gitops',
      createHttp({ baseUrl: endpoints.gitops.url, timeout: 5000 }).request(
        'GET',
        '/healthz',
        operators[operator].health,
      ),
    ),
  ]);
  const unwell = [
    ...applications.filter((application) => !isWell(application)),
    ...addons.filter((addon) => !isAddonWell(addon) && addon.installing !== true),
  ];
  for (const { name: what, sync, health, message } of unwell) {
    problems.push({ what, seen: `${sync}, ${health}${message === undefined ? '' : `: ${message}`}` });
  }
  if (proven && applications.length === 0) problems.push({ what: 'applications', seen: 'none' });
  const phase = !proven ? 'starting' : problems.length === 0 ? 'ready' : 'degraded';
  return {
    ...common,
    phase,
    repositories,
    applications,
    ...(addons.length === 0 ? {} : { addons }),
    ...(problems.length === 0 ? {} : { problems }),
  };
}

export function endpointDocument(endpoints: Endpoints): EndpointDocument {
  const { dashboard, git, registry, ci, gitops, kubernetes } = endpoints;
  const login = ({ username, password }: { readonly username?: string; readonly password?: string }) => ({
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
  return {
    dashboard: { url: dashboard.url },
    git: { url: git.url, username: git.username, password: git.password },
    registry: { host: registry.host, ...login(registry) },
    ci: { url: ci.url, username: ci.username, password: ci.password },
    gitops: { url: gitops.url, ...login(gitops) },
    kubernetes: { kubeconfig: kubernetes.kubeconfig, context: kubernetes.context },
  };
}

import { repositoryRoot } from '../clients/git-server.ts';
import type { CreateHook, Hook } from '../clients/gitea.ts';
import { HttpStatusError } from '../clients/http.ts';
import { multibranchConfig } from '../clients/jenkins.ts';
import { commandFor } from '../lib/command-line.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { isLoopbackHost } from '../lib/http/guard.ts';
import { ciUser, gitCredential, mainBranch, repositoryNames } from './names.ts';
import { operators } from './operators/operator.ts';
import { machinePassword, type Playground } from './playground.ts';

interface WantedHook {
  readonly repository: string;
  readonly hook: CreateHook;
}

type Wired = Pick<Playground, 'endpoints' | 'config'>;

/**
 * The webhooks that make the loop immediate: Git tells the CI server, the GitOps operator, and the dashboard that
 * shows it.
 */
function wantedHooks(playground: Wired): WantedHook[] {
  const { endpoints, config } = playground;
  const { gitops } = endpoints;
  const hook = (url: string, events: readonly string[], method?: 'get'): CreateHook => ({
    type: 'gitea',
    config: {
      url,
      content_type: 'json',
      secret: gitops.webhookSecret,
      ...(method === undefined ? {} : { http_method: method }),
    },
    events,
    active: true,
  });
  const toCi =
    config.gitServer === 'gitea'
      ? hook(ciHookUrl(playground), ['push', 'create', 'delete', 'pull_request'])
      : hook(ciHookUrl(playground), ['push'], 'get');
  const path = operators[config.operator].webhookPath(gitops.webhookSecret);
  const toOperator = hook(`${gitops.clusterUrl}${path}`, ['push']);
  return [
    { repository: config.application, hook: toCi },
    ...(understandsPushes(config)
      ? [repositoryNames.gitops, repositoryNames.operator].map((repository) => ({
          repository,
          hook: toOperator,
        }))
      : []),
    ...dashboardHooks(playground),
  ];
}

/** Where the CI server is told of a push to the application's repository. */
export function ciHookUrl({ endpoints: { ci, git }, config }: Wired): string {
  if (config.gitServer === 'gitea') return `${ci.clusterUrl}/gitea-webhook/post`;
  // How the git plugin is told of a push by a server that has no plugin of its own.
  const application = `${repositoryRoot(config.gitServer, git.clusterUrl)}/${config.organization}/${config.application}.git`;
  return `${ci.clusterUrl}/git/notifyCommit?url=${encodeURIComponent(application)}`;
}

/** Argo CD knows no payload that SCM-Manager sends: there it looks at Git by its interval alone. */
function understandsPushes({ gitServer, operator }: Playground['config']): boolean {
  return gitServer === 'gitea' || operator === 'flux';
}

/** Where the dashboard takes what the Git server tells. */
export const dashboardHookPath = '/hooks/git';

/**
 * The dashboard listens on this machine's loopback alone: a Git server that sees it elsewhere cannot reach it. It understands
 * Gitea's payloads.
 */
function dashboardHooks({ endpoints, config }: Wired): WantedHook[] {
  const { dashboard, gitops } = endpoints;
  if (config.gitServer !== 'gitea' || !isLoopbackHost(new URL(dashboard.clusterUrl).host)) return [];
  const hook: CreateHook = {
    type: 'gitea',
    config: {
      url: `${dashboard.clusterUrl}${dashboardHookPath}`,
      content_type: 'json',
      secret: gitops.webhookSecret,
    },
    events: ['push', 'create', 'delete', 'pull_request', 'pull_request_comment'],
    active: true,
  };
  const { gitops: gitopsRepository, operator, library } = repositoryNames;
  return [config.application, gitopsRepository, operator, library].map((repository) => ({
    repository,
    hook,
  }));
}

/** Whether the Git server tells the dashboard of every change; otherwise it has to look for itself. */
export async function hasDashboardHooks(playground: Playground): Promise<boolean> {
  const wanted = dashboardHooks(playground);
  return wanted.length > 0 && (await arePresent(playground, wanted));
}

export async function hasHooks(playground: Playground): Promise<boolean> {
  return arePresent(playground, wantedHooks(playground));
}

async function arePresent(playground: Playground, wanted: readonly WantedHook[]): Promise<boolean> {
  const present = await Promise.all(
    wanted.map(async ({ repository, hook }) => (await hooksOf(playground, repository)).some(matches(hook))),
  );
  return present.every(Boolean);
}

/** @throws PlaygroundError `webhook-refused` when the Git server does not want one, or its user may not make it. */
export async function createHooks(playground: Playground): Promise<void> {
  const { git, config } = playground;
  // All of them are tried before the first refusal is told: what is wired then need not be wired again.
  const outcomes = await Promise.allSettled(
    wantedHooks(playground).map(async ({ repository, hook }) => {
      if ((await hooksOf(playground, repository)).some(matches(hook))) return;
      await git.createHook(config.organization, repository, hook).catch((error: unknown) => {
        throw error instanceof HttpStatusError ? refused(playground, repository, hook, error) : error;
      });
    }),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function refused(
  { config, endpoints }: Playground,
  repository: string,
  hook: CreateHook,
  error: HttpStatusError,
): PlaygroundError {
  const reasons: Readonly<Record<number, string>> = {
    401: 'it no longer takes the login of this playground',
    403: `${endpoints.git.username} may not make webhooks there, or the server has them switched off`,
    422: 'it does not accept that address',
  };
  const reason = reasons[error.status];
  return new PlaygroundError({
    code: 'webhook-refused',
    message:
      `the Git server refused the webhook of ${config.organization}/${repository} to ${hook.config.url}` +
      `${reason === undefined ? '' : `: ${reason}`} (${error.message})`,
    hint: `repositories and jobs that are there are kept; let the Git server take it (Gitea: [webhook] in app.ini), then go on from here: ${commandFor('up', config.name)}`,
    cause: error,
  });
}

/** Removes every webhook of the seeded repositories, also those that a person made. */
export async function deleteHooks(playground: Playground, repositories: readonly string[]): Promise<void> {
  const { git, config } = playground;
  await Promise.all(
    repositories.map(async (repository) => {
      for (const { id } of await hooksOf(playground, repository)) {
        await git.deleteHook(config.organization, repository, id);
      }
    }),
  );
}

function hooksOf(
  { git, config }: Playground,
  repository: string,
): Promise<Pick<Hook, 'id' | 'active' | 'config'>[]> {
  return git.listHooks(config.organization, repository);
}

function matches(wanted: CreateHook): (hook: Pick<Hook, 'active' | 'config'>) => boolean {
  return ({ active, config }) => active && config.url === wanted.config.url;
}

export async function hasJob({ ci, config }: Playground): Promise<boolean> {
  const [credential, job] = await Promise.all([
    ci.hasCredential(gitCredential),
    ci.jobConfig([config.application]),
  ]);
  return credential && job !== undefined;
}

/** The CI server's login at Git, and the multibranch job of the application with the pipeline library. */
export async function createJob(playground: Playground): Promise<void> {
  const { ci, config, endpoints } = playground;
  const { organization, application } = config;
  const root = repositoryRoot(config.gitServer, endpoints.git.clusterUrl);
  const repositoryUrl = (name: string) => `${root}/${organization}/${name}.git`;
  await ci.ensureCredential({
    kind: 'usernamePassword',
    id: gitCredential,
    username: ciUser,
    password: machinePassword(playground, ciUser),
    description: 'writes to the GitOps repository and opens pull requests',
  });
  await ci.ensureJob(
    application,
    multibranchConfig({
      description:
        'Builds every branch of the example application; main goes to staging and is proposed for production.',
      source:
        config.gitServer === 'gitea'
          ? {
              serverUrl: endpoints.git.clusterUrl,
              owner: organization,
              repository: application,
              credentialsId: gitCredential,
            }
          : { remote: repositoryUrl(application), credentialsId: gitCredential },
      libraries: [
        {
          name: repositoryNames.library,
          remote: repositoryUrl(repositoryNames.library),
          defaultVersion: mainBranch,
          implicit: false,
          // Gitea's repositories are public; SCM-Manager shows nothing to strangers.
          ...(config.gitServer === 'gitea' ? {} : { credentialsId: gitCredential }),
        },
      ],
    }),
  );
}

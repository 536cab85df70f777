import type { CreateHook, Hook } from '../clients/gitea.ts';
import { multibranchConfig } from '../clients/jenkins.ts';
import { isLoopbackHost } from '../lib/http/guard.ts';
import { ciUser, gitCredential, mainBranch, repositoryNames } from './names.ts';
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
  const { ci, gitops } = endpoints;
  const toCi: CreateHook = {
    type: 'gitea',
    config: {
      url: `${ci.clusterUrl}/gitea-webhook/post`,
      content_type: 'json',
      secret: gitops.webhookSecret,
    },
    events: ['push', 'create', 'delete', 'pull_request'],
    active: true,
  };
  const toOperator: CreateHook = {
    type: 'gitea',
    config: { url: `${gitops.clusterUrl}/api/webhook`, content_type: 'json', secret: gitops.webhookSecret },
    events: ['push'],
    active: true,
  };
  return [
    { repository: config.application, hook: toCi },
    { repository: repositoryNames.gitops, hook: toOperator },
    { repository: repositoryNames.operator, hook: toOperator },
    ...dashboardHooks(playground),
  ];
}

/** Where the dashboard takes what the Git server tells. */
export const dashboardHookPath = '/hooks/git';

/** The dashboard listens on this machine's loopback alone: a Git server that sees it elsewhere cannot reach it. */
function dashboardHooks({ endpoints, config }: Wired): WantedHook[] {
  const { dashboard, gitops } = endpoints;
  if (!isLoopbackHost(new URL(dashboard.clusterUrl).host)) return [];
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

export async function createHooks(playground: Playground): Promise<void> {
  const { git, config } = playground;
  await Promise.all(
    wantedHooks(playground).map(async ({ repository, hook }) => {
      if ((await hooksOf(playground, repository)).some(matches(hook))) return;
      await git.createHook(config.organization, repository, hook);
    }),
  );
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

function hooksOf({ git, config }: Playground, repository: string): Promise<Hook[]> {
  return git.listHooks(config.organization, repository);
}

function matches(wanted: CreateHook): (hook: Hook) => boolean {
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
  const repositoryUrl = (name: string) => `${endpoints.git.clusterUrl}/${organization}/${name}.git`;
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
      source: {
        serverUrl: endpoints.git.clusterUrl,
        owner: organization,
        repository: application,
        credentialsId: gitCredential,
      },
      libraries: [
        {
          name: repositoryNames.library,
          remote: repositoryUrl(repositoryNames.library),
          defaultVersion: mainBranch,
          implicit: false,
        },
      ],
    }),
  );
}

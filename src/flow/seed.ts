import { addonsOf } from '../config/addons.ts';
import { repositoryRoot } from '../clients/git-server.ts';
import { hasStatus } from '../clients/http.ts';
import { waitFor, type Look } from '../lib/wait.ts';
import { pushFirstCommit } from './commit.ts';
import { ciUser, mainBranch } from './names.ts';
import { machinePassword, type Playground } from './playground.ts';
import { seededRepositories, type RepositorySettings, type SeededRepository } from './repositories.ts';

/** Until a Git server shows what was pushed. */
const NOTICE_LIMIT_MS = 30_000;

/** What the seeded files are rendered with. */
export function repositorySettings({
  config,
  endpoints,
}: Pick<Playground, 'config' | 'endpoints'>): RepositorySettings {
  return {
    gitUrl: repositoryRoot(config.gitServer, endpoints.git.url),
    gitClusterUrl: repositoryRoot(config.gitServer, endpoints.git.clusterUrl),
    ciUrl: endpoints.ci.url,
    registryHost: endpoints.registry.clusterHost,
    ingressPort: endpoints.ingress.port,
    organization: config.organization,
    application: config.application,
    reconcileSeconds: config.reconcileSeconds,
    gitServer: config.gitServer,
    operator: config.operator,
    addons: addonsOf(config),
    platform: config.engine === 'kubernetes' ? 'kubernetes' : 'k3d',
  };
}

export function seededContent(playground: Pick<Playground, 'config' | 'endpoints'>): SeededRepository[] {
  return seededRepositories(repositorySettings(playground));
}

/** The seeded content of one repository. */
export function contentOf(playground: Playground, name: string): SeededRepository {
  const content = seededContent(playground).find((repository) => repository.name === name);
  if (content === undefined) throw new Error(`there is no content for the repository ${name}`);
  return content;
}

export async function hasAccounts({ git, config }: Playground): Promise<boolean> {
  const [user, organization] = await Promise.all([
    git.findUser(ciUser),
    git.findOrganization(config.organization),
  ]);
  return user !== undefined && organization !== undefined;
}

/** The organization that owns the repositories, and the user by whom the CI server commits. */
export async function createAccounts(playground: Playground): Promise<void> {
  const { git, config } = playground;
  await Promise.all([
    git
      .findOrganization(config.organization)
      .then((found) => found ?? git.createOrganization(config.organization)),
    git.findUser(ciUser).then(
      (found) =>
        found ??
        git.createUser({
          username: ciUser,
          password: machinePassword(playground, ciUser),
          email: `${ciUser}@example.com`,
          full_name: 'CI server',
        }),
    ),
  ]);
}

export async function hasRepository({ git, config }: Playground, repository: string): Promise<boolean> {
  return (await git.findRepository(config.organization, repository)) !== undefined;
}

/**
 * Whether the repository is there with its first commit. Gitea takes note of a push a little later than it answers it; as
 * long as it calls the repository empty, it cannot be asked for a branch (1.26 answers with 500).
 */
export async function isSeeded({ git, config }: Playground, repository: string): Promise<boolean> {
  const found = await git.findRepository(config.organization, repository);
  if (found === undefined || found.empty) return false;
  return (await git.findBranch(config.organization, repository, mainBranch)) !== undefined;
}

/** Creates a repository without content, writable by the CI server's user where it commits. */
export async function createRepository(
  { git, config }: Playground,
  { name, role, description }: SeededRepository,
) {
  const { organization } = config;
  await git
    .createRepository(organization, { name, description, default_branch: mainBranch })
    .catch((error: unknown) => {
      if (!hasStatus(error, 409)) throw error;
    });
  // The application's builds report their results as commit statuses, and write to the GitOps repository.
  if (role !== 'library') await git.setCollaborator(organization, name, ciUser, 'write');
  // Gitea's repositories are public; SCM-Manager shows nothing to whom it was not allowed.
  else if (config.gitServer === 'scm-manager') await git.setCollaborator(organization, name, ciUser, 'read');
}

/** Pushes the repository's first commit, and waits until the server tells it to everybody who asks. */
export async function pushContent(
  playground: Playground,
  repository: SeededRepository,
  signal: AbortSignal,
): Promise<void> {
  const { endpoints, config } = playground;
  const { git } = endpoints;
  await pushFirstCommit(
    {
      url: `${repositoryRoot(config.gitServer, git.url)}/${config.organization}/${repository.name}.git`,
      username: git.username,
      password: git.password,
      branch: mainBranch,
      message: `Begin with ${repository.description}\n`,
      author: { name: git.username, email: `${git.username}@example.com` },
      files: repository.files,
    },
    signal,
  );
  const look = async (): Promise<Look<undefined>> =>
    (await isSeeded(playground, repository.name))
      ? { done: true, value: undefined }
      : { done: false, seen: 'it is still called empty' };
  await waitFor(look, {
    what: `the Git server to show the first commit of ${repository.name}`,
    limit: NOTICE_LIMIT_MS,
    interval: 25,
    signal,
  });
}

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
    bundled: config.bundle !== undefined,
  };
}

export function seededContent(playground: Pick<Playground, 'config' | 'endpoints'>): SeededRepository[] {
  return seededRepositories(repositorySettings(playground));
}

/** The seeded content of one repository. */
export function contentOf(
  playground: Pick<Playground, 'config' | 'endpoints'>,
  name: string,
): SeededRepository {
  const content = seededContent(playground).find((repository) => repository.name === name);
  if (content === undefined) throw new Error(`there is no content for the repository ${name}`);
  return content;
}

export async function hasOrganization({ git, config }: Playground): Promise<boolean> {
  return (await git.findOrganization(config.organization)) !== undefined;
}

/** The owner of the repositories. */
export async function createOrganization(playground: Playground): Promise<void> {
  const { git, config } = playground;
  if (!(await hasOrganization(playground))) await git.createOrganization(config.organization);
}

export async function hasCiUser({ git }: Playground): Promise<boolean> {
  return (await git.findUser(ciUser)) !== undefined;
}

/** The user by whom the CI server commits. */
export async function createCiUser(playground: Playground): Promise<void> {
  if (await hasCiUser(playground)) return;
  await playground.git.createUser({
    username: ciUser,
    password: machinePassword(playground, ciUser),
    email: `${ciUser}@example.com`,
    full_name: 'CI server',
  });
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

/** Creates a repository without content. */
export async function createRepository(
  { git, config }: Playground,
  { name, description }: SeededRepository,
): Promise<void> {
  await git
    .createRepository(config.organization, { name, description, default_branch: mainBranch })
    .catch((error: unknown) => {
      if (!hasStatus(error, 409)) throw error;
    });
}

/** Lets the CI server's user into a repository that is there, and write where it commits. */
export async function admitCiUser(
  { git, config }: Playground,
  { name, role }: SeededRepository,
): Promise<void> {
  const { organization } = config;
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

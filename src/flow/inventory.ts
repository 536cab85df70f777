import { repositoryNames } from './names.ts';
import { seenFromHere, type Playground } from './playground.ts';
import type { RepositoryRole as SeededRole } from './repositories.ts';

/** What a repository is for; whatever a person made is taken for an exercise. */
type RepositoryRole = SeededRole | 'exercise';

export interface RepositoryStatus {
  readonly name: string;
  readonly cloneUrl: string;
  readonly webUrl: string;
  readonly role: RepositoryRole;
}

/** The repositories on the Git server: the seeded ones in the order of the loop, then those that people made. */
export async function listRepositories({ git, config, endpoints }: Playground): Promise<RepositoryStatus[]> {
  const roles = new Map<string, RepositoryRole>([
    [config.application, 'app'],
    [repositoryNames.gitops, 'gitops'],
    [repositoryNames.operator, 'gitops'],
    [repositoryNames.library, 'library'],
  ]);
  const found = await git.searchRepositories();
  return found
    .filter(({ owner }) => isOurs({ config, endpoints }, owner.login))
    .map(({ name, owner, clone_url, html_url }) => ({
      name,
      cloneUrl: seenFromHere(endpoints.git, clone_url),
      webUrl: seenFromHere(endpoints.git, html_url),
      role: (owner.login === config.organization ? roles.get(name) : undefined) ?? ('exercise' as const),
    }))
    .sort((a, b) => order(a, roles) - order(b, roles) || a.name.localeCompare(b.name));
}

/** Whether repositories of this owner belong to the playground: all do, unless the cluster with its Git server has other users too. */
export function isOurs(
  { config, endpoints }: Pick<Playground, 'config' | 'endpoints'>,
  owner: string,
): boolean {
  return endpoints.kubernetes.shared !== true || owner === config.organization;
}

function order({ name, role }: RepositoryStatus, roles: ReadonlyMap<string, RepositoryRole>): number {
  return role === 'exercise' ? roles.size : [...roles.keys()].indexOf(name);
}

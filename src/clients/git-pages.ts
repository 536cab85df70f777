import type { GitServerName } from './git-server.ts';

/** Where a Git server's own pages show things of a repository: the part of the address after that of the repository. */
export interface GitPages {
  readonly pulls: string;
  readonly hooks: string;
  readonly commits: (branch: string) => string;
  readonly file: (branch: string, path: string) => string;
  /** The page of one webhook, by its number. */
  readonly hook: (id: number) => string;
}

const pages: Readonly<Record<GitServerName, GitPages>> = {
  gitea: {
    pulls: 'pulls',
    hooks: 'settings/hooks',
    commits: (branch) => `commits/branch/${branch}`,
    file: (branch, path) => `src/branch/${branch}/${path}`,
    hook: (id) => `settings/hooks/${id}`,
  },
  'scm-manager': {
    pulls: 'pull-requests/',
    hooks: 'settings/webhook',
    commits: (branch) => `code/branch/${encodeURIComponent(branch)}/changesets/`,
    file: (branch, path) => `code/sources/${encodeURIComponent(branch)}/${path}/`,
    // They stand in one list.
    hook: () => 'settings/webhook',
  },
};

export function gitPages(server: GitServerName): GitPages {
  return pages[server];
}

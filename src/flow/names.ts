/** The names that the seeded content, the wiring and the status agree on. */
export const stages = ['staging', 'production'] as const;
export type Stage = (typeof stages)[number];

/** Where the GitOps operator looks for Applications. */
export const operatorNamespace = 'argocd';
/** The app-of-apps that brings up everything else from the operator's repository. */
export const rootApplication = 'playground';

/** The user by whom the CI server commits and opens pull requests; it can write to Git, and to nothing else. */
export const ciUser = 'ci';
/** Id of that user's credential on the CI server. */
export const gitCredential = 'git';

export const repositoryNames = {
  gitops: 'gitops',
  operator: 'operator',
  library: 'pipeline-library',
} as const;

export const mainBranch = 'main';

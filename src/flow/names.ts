export { ciUser, gitCredential } from '../config/names.ts';

/** The names that the seeded content, the wiring and the status agree on. */
export const stages = ['staging', 'production'] as const;
export type Stage = (typeof stages)[number];

/** Where the GitOps operator looks for Applications. */
export { argocdNamespace as operatorNamespace } from '../config/names.ts';
/** The app-of-apps that brings up everything else from the operator's repository. */
export const rootApplication = 'playground';

export const repositoryNames = {
  gitops: 'gitops',
  operator: 'operator',
  library: 'pipeline-library',
} as const;

export const mainBranch = 'main';

/** Name of the Application that installs an add-on. */
export function addonApplication(addon: string): string {
  return `addon-${addon}`;
}

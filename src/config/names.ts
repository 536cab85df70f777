/** Names on which the flow and what is installed into a cluster agree. */

/** The user by whom the CI server commits and opens pull requests; it can write to Git, and to nothing else. */
export const ciUser = 'ci';
/** Id of that user's credential on the CI server. */
export const gitCredential = 'git';
/** Where Argo CD runs and looks for Applications. */
export const argocdNamespace = 'argocd';
/** Where Flux runs, and its GitRepository and Kustomizations are. */
export const fluxNamespace = 'flux-system';
/** The label by which everything that a playground has made in a cluster is found again. */
export const nameLabel = 'gitops-playground.io/name';
/** The label on Applications of add-ons, with the add-on's name. */
export const addonLabel = 'gitops-playground.io/addon';

/** Names on which the flow and what is installed into a cluster agree. */

/** The user by whom the CI server commits and opens pull requests; it can write to Git, and to nothing else. */
export const ciUser = 'ci';
/** Id of that user's credential on the CI server. */
export const gitCredential = 'git';
/** Where Argo CD runs and looks for Applications. */
export const argocdNamespace = 'argocd';
/** Where Flux runs, and its GitRepository and Kustomizations are. */
export const fluxNamespace = 'flux-system';
/** The registry's Service, by which pods reach it on every engine that runs images; plain HTTP. */
export const registryServiceHost = 'registry.registry.svc.cluster.local:5000';
/** The name of k3d's registry in the network of its nodes, by which pods find it, too. */
export const registryAlias = 'registry.localhost';
/**
 * The same registry for programs that cannot be told to speak plain HTTP, as Crossplane: of a name that ends with `.localhost` they
 * expect nothing else. Of k3d alone.
 */
export const registryAliasHost = `${registryAlias}:5000`;
/** Where the charts of add-ons are that a bundle has brought: OCI artifacts below this name, one repository a chart. */
export const bundledCharts = 'charts';
/**
 * Where the plugins of SCM-Manager are that a bundle has brought: an OCI artifact of them and of a list in the form of a plugin center,
 * which is found by its media type.
 */
export const bundledPlugins = {
  repository: 'plugins/scm-manager',
  tag: 'center',
  listType: 'application/json',
  /** Where pods find one of them, or the list. */
  address: (digest: string) =>
    `http://${registryServiceHost}/v2/${bundledPlugins.repository}/blobs/${digest}`,
} as const;
/** The label by which everything that a playground has made in a cluster is found again. */
export const nameLabel = 'gitops-playground.io/name';
/** The label on Applications of add-ons, with the add-on's name. */
export const addonLabel = 'gitops-playground.io/addon';

/** How Argo CD notes on an object which Application keeps it equal to Git: `<application>:<kind>:<object>`. */
export const trackingAnnotation = 'argocd.argoproj.io/tracking-id';

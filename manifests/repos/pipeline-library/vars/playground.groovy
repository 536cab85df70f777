/** Where the parts of this playground are, as the build agent sees them. In a company this would be its platform. */
def call() {
  return [
    gitServer       : '__GIT_SERVER__',
    gitUrl          : '__GIT_CLUSTER_URL__',
    registryHost    : '__REGISTRY_HOST__',
    organization    : '__ORGANIZATION__',
    gitopsRepository: '__ORGANIZATION__/gitops',
    ingressPort     : '__INGRESS_PORT__',
  ]
}

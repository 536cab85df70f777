/** Commits the manifests of staging with this image to the GitOps repository. Nothing here talks to the cluster. */
def call(Map options) {
  changeStage('deploy', 'staging', options.image)
}

/**
 * Builds the image of the workspace without a Docker daemon and pushes it: by the BuildKit beside the agent where there
 * is one, else by putting files together. Gives its reference by digest: whoever has that gets exactly these bytes,
 * today and in a year. It is as old as its commit: whoever looks for the newest image (Argo CD Image Updater) reads that.
 */
def call() {
  def settings = playground()
  def tools = libraryTools()
  def name = "${settings.registryHost}/${settings.organization}/${env.APP}"
  sh "node '${tools}/build-image.mjs' --context . --file Dockerfile " +
    "--image '${name}:${env.GIT_COMMIT}' " +
    "--created \"\$(git log -1 --format=%cI)\" " +
    "--build-arg 'REVISION=${env.GIT_COMMIT}' " +
    "--label 'org.opencontainers.image.revision=${env.GIT_COMMIT}' " +
    "--label 'org.opencontainers.image.title=${env.APP}' " +
    "--plain-http '${settings.registryHost}' " +
    "--mirror 'docker.io=${settings.registryHost}' " +
    "--json '${tools}/image.json'"
  return "${name}@${readJSON(file: "${tools}/image.json").digest}"
}

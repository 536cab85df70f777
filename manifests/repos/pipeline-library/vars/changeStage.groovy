/** What deployToStaging and promoteToProduction have in common: one change of one stage in the GitOps repository. */
def call(String command, String stage, String image) {
  def settings = playground()
  withCredentials([usernamePassword(credentialsId: 'git', usernameVariable: 'GIT_USERNAME', passwordVariable: 'GIT_PASSWORD')]) {
    sh "node '${libraryTools()}/manifests.mjs' ${command} --app '${env.APP}' --stage '${stage}' " +
      "--image '${image}' --revision '${env.GIT_COMMIT}' " +
      "--git-server '${settings.gitServer}' --git-url '${settings.gitUrl}' --repository '${settings.gitopsRepository}' " +
      "--check-url 'http://${env.APP}.staging.localhost:${settings.ingressPort}'"
  }
}

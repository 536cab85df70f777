/** Checks all manifests before anything is built or deployed: YAML, the Kubernetes schema, and the policies of the team. */
def call(String folder = 'k8s') {
  sh "node '${libraryTools()}/manifests.mjs' validate --app '${env.APP}' '${folder}'"
}

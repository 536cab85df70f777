/** Puts the Node programs of this library beside the workspace, once in a build, and gives their folder. */
def call() {
  if (!env.LIBRARY_TOOLS) {
    def folder = "${env.WORKSPACE_TMP ?: env.WORKSPACE + '@tmp'}/library-tools"
    def files = [
      'run-tests.mjs',
      'build-image.mjs',
      'build-image/buildkit.mjs',
      'build-image/context.mjs',
      'build-image/dockerfile.mjs',
      'build-image/registry.mjs',
      'build-image/stages.mjs',
      'build-image/tar.mjs',
      'manifests.mjs',
      'manifests/changes.mjs',
      'manifests/closest.mjs',
      'manifests/custom-kinds.mjs',
      'manifests/deliver.mjs',
      'manifests/describe.mjs',
      'manifests/gitea.mjs',
      'manifests/http.mjs',
      'manifests/policies.mjs',
      'manifests/references.mjs',
      'manifests/report.mjs',
      'manifests/schema.mjs',
      'manifests/scm-manager.mjs',
      'manifests/source.mjs',
      'manifests/validate.mjs',
      'manifests/write.mjs',
      'kubernetes-schema.json',
      'yaml.mjs',
    ]
    for (file in files) {
      writeFile file: "${folder}/${file}", text: libraryResource(file)
    }
    env.LIBRARY_TOOLS = folder
  }
  return env.LIBRARY_TOOLS
}

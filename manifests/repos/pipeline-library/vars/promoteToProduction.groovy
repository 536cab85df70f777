/** Opens the pull request that brings this image to production. A person decides by merging it. */
def call(Map options) {
  changeStage('promote', 'production', options.image)
}

/** Runs the tests of a Node application. The result is in the log for people, and in report.xml for the CI server. */
def call(String folder = 'test') {
  def tools = libraryTools()
  def reporters = '--test-reporter=spec --test-reporter-destination=stdout ' +
    '--test-reporter=junit --test-reporter-destination=report.xml'
  sh "node ${reporters} '${tools}/run-tests.mjs' '${folder}'"
}

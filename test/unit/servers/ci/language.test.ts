import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { branchJob, multibranchConfig } from '../../../../src/clients/jenkins.ts';
import { finished, logged, Repository, startFixture } from './support/fixture.ts';

const JENKINSFILE = `
@Library('shared') _

pipeline {
  agent any
  options { buildDiscarder(logRotator(numToKeepStr: '5')) }
  parameters { string(name: 'COLOUR', defaultValue: 'green', description: 'what to paint') }
  environment { TOKEN = credentials('token') }
  stages {
    stage('Test') {
      steps {
        sh 'echo "commit $GIT_COMMIT on $BRANCH_NAME in $COLOUR; token $TOKEN"'
        writeFile file: 'report.xml', text: '<testsuite name="s"><testcase name="t"><failure message="no"/></testcase></testsuite>'
        junit 'report.xml'
      }
    }
    stage('Build') {
      steps {
        greet name: 'world'
        withCredentials([usernamePassword(credentialsId: 'git', usernameVariable: 'USER', passwordVariable: 'PASS')]) {
          sh 'echo "$USER:$PASS"'
        }
        archiveArtifacts artifacts: '*.xml'
      }
    }
    stage('Approve') {
      when { expression { params.COLOUR == 'red' } }
      steps { input message: 'Really red?' }
    }
  }
  post {
    unstable { echo 'post: unstable' }
    always { echo "post: \${currentBuild.currentResult}" }
  }
}
`;

describe('a Jenkinsfile with a shared library', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>;
  let app: Repository;
  const main = branchJob('storefront', 'main');

  beforeAll(async () => {
    fixture = await startFixture({ realLanguage: true });
    app = new Repository(fixture.folder, 'storefront');
    const library = new Repository(fixture.folder, 'library');
    library.commit({
      'vars/greet.groovy':
        'def call(Map args) {\n  echo "hello \${args.name}"\n  sh libraryResource(\'run.sh\')\n}\n',
      'resources/run.sh': 'echo from the resource\n',
    });
    const { jenkins } = fixture;
    await jenkins.ensureCredential({ kind: 'string', id: 'token', secret: 'tok-123456789' });
    await jenkins.ensureCredential({
      kind: 'usernamePassword',
      id: 'git',
      username: 'ci',
      password: 'pass-123456789',
    });
    app.commit({ Jenkinsfile: JENKINSFILE });
    await jenkins.createJob(
      'storefront',
      multibranchConfig({
        source: { remote: app.remote },
        libraries: [{ name: 'shared', remote: library.remote, defaultVersion: 'main', implicit: false }],
      }),
    );
  });
  afterAll(async () => {
    await fixture.close();
  });

  test('runs with its stages, credentials, tests, artifacts and post conditions', async () => {
    const build = await finished(fixture.jenkins, main);
    const log = await fixture.jenkins.console(main, 1);
    expect(build.result, log).toBe('UNSTABLE');
    expect(log).toContain(`commit ${build.checkouts[0]?.revision} on main in green; token ****`);
    expect(log).toContain('hello world');
    expect(log).toContain('from the resource');
    expect(log).toContain('ci:****');
    expect(log).toContain('post: unstable');
    expect(log).toContain('post: UNSTABLE');
    const stages = (await fixture.jenkins.stages(main, 1)) ?? [];
    expect(stages.map(({ name, status }) => `${name} ${status}`)).toEqual(
      expect.arrayContaining(['Test UNSTABLE', 'Build SUCCESS', 'Approve NOT_EXECUTED']),
    );
    expect(build.artifacts.map(({ fileName }) => fileName)).toEqual(['report.xml']);
  });

  test('takes parameters, and waits for the answer to its question', async () => {
    await finished(fixture.jenkins, main);
    const id = await fixture.jenkins.trigger(main, { COLOUR: 'red' });
    await logged(fixture.jenkins, main, 2, /Really red/);
    expect((await fixture.jenkins.queueItem(id))?.build?.number).toBe(2);
    const stages = await fixture.jenkins.stages(main, 2);
    expect(stages?.at(-1)).toMatchObject({ name: 'Approve', status: 'PAUSED_PENDING_INPUT' });
    const [question] = await fixture.jenkins.pendingInputs(main, 2);
    await fixture.jenkins.answerInput(main, 2, question?.id ?? '', 'proceed');
    const build = await finished(fixture.jenkins, main, 2);
    expect(build.parameters).toEqual({ COLOUR: 'red' });
  });

  test('that does not parse fails with the place and the line', async () => {
    app.commit(
      {
        Jenkinsfile:
          'pipeline {\n  agent any\n  stages {\n    stage("x" {\n      steps { echo "a" }\n    }\n  }\n}\n',
      },
      'broken',
    );
    await fixture.jenkins.scan('storefront');
    const broken = branchJob('storefront', 'broken');
    const build = await finished(fixture.jenkins, broken);
    const log = await fixture.jenkins.console(broken, 1);
    expect(build.result).toBe('FAILURE');
    expect(log).toMatch(/Jenkinsfile.*4|4.*column/);
    expect(log).toContain('    stage("x" {');
    expect(log).toMatch(/^\s*\^/m);
  });
});

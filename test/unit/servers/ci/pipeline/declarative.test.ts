import { describe, expect, it } from 'vitest';
import { run } from './pipeline-host.ts';

const stagesOf = (ran: Awaited<ReturnType<typeof run>>) =>
  ran.stages.map(({ name, status }) => `${name}: ${status}`);

describe('a declarative pipeline', () => {
  it('runs its stages on a node, in the log as Jenkins writes it', async () => {
    const ran = await run(
      `pipeline {
        agent any
        stages {
          stage('Test') { steps { echo 'hello' } }
        }
      }`,
      { scm: { $class: 'GitSCM' } },
    );
    expect(ran.result).toBe('SUCCESS');
    expect(ran.log).toBe(
      [
        'Start of Pipeline',
        'node',
        '{',
        'stage',
        '{ (Declarative: Checkout SCM)',
        'checkout',
        '}',
        '// stage',
        'withEnv',
        '{',
        'stage',
        '{ (Test)',
        'echo\nhello',
        '}',
        '// stage',
        '}',
        '// withEnv',
        '}',
        '// node',
        'End of Pipeline\n',
      ]
        .map((line) => `[Pipeline] ${line}`)
        .join('\n'),
    );
    expect(stagesOf(ran)).toEqual(['Declarative: Checkout SCM: SUCCESS', 'Test: SUCCESS']);
  });

  it('gives what the checkout found out to the steps, and its own environment', async () => {
    const ran = await run(
      `pipeline {
        agent any
        environment {
          APP = 'shop'
          IMAGE = "\${APP}:\${env.GIT_COMMIT}"
          LOGIN = credentials('git')
        }
        stages {
          stage('One') {
            environment { APP = "\${APP}-one" }
            steps { sh 'make' ; script { env.LATER = "x\${APP}" } }
          }
          stage('Two') { steps { sh "echo \${LATER} \${env.IMAGE}" } }
        }
      }`,
      { scm: {} },
    );
    const [one, two] = ran.calls.filter(({ name }) => name === 'sh');
    expect(one?.env).toMatchObject({
      APP: 'shop-one',
      IMAGE: 'shop:c0ffee',
      LOGIN_USR: 'git-user',
      LOGIN_PSW: 'git-password',
      WORKSPACE: '/workspace',
      BUILD_NUMBER: '7',
    });
    expect(two?.args).toEqual({ script: 'echo xshop-one shop:c0ffee' });
    expect(two?.env['APP']).toBe('shop');
  });

  it('skips what comes after a failure, runs the post conditions in order, and fails', async () => {
    const ran = await run(
      `pipeline {
        agent any
        stages {
          stage('A') { steps { sh 'exit 1' }; post { failure { echo 'A failed' }; success { echo 'never' } } }
          stage('B') { steps { echo 'never' } }
        }
        post {
          cleanup { echo 'cleanup' }
          success { echo 'never' }
          failure { echo 'failure' }
          unsuccessful { echo 'unsuccessful' }
          always { echo "always \${currentBuild.currentResult}" }
          changed { echo 'changed' }
          regression { echo 'regression' }
        }
      }`,
      { previousResult: 'SUCCESS' },
    );
    expect(ran.result).toBe('FAILURE');
    expect(ran.error).toMatchObject({ kind: 'step', message: 'script returned exit code 1', line: 4 });
    expect(ran.output).toEqual([
      '+ exit 1',
      'Post stage',
      'A failed',
      'Stage "B" skipped due to earlier failure(s)',
      'always FAILURE',
      'changed',
      'regression',
      'failure',
      'unsuccessful',
      'cleanup',
      'ERROR: script returned exit code 1',
    ]);
    expect(stagesOf(ran)).toEqual(['A: FAILURE', 'B: NOT_BUILT', 'Declarative: Post Actions: SUCCESS']);
  });

  it('decides by "when" which stages run', async () => {
    const stage = (name: string, when: string) =>
      `stage('${name}') { when { ${when} }; steps { echo '${name}' } }`;
    const ran = await run(
      `pipeline {
        agent none
        stages {
          ${stage('branch', "branch 'main'")}
          ${stage('glob', "branch 'feature/*'")}
          ${stage('regexp', "branch pattern: 'ma.*', comparator: 'REGEXP'")}
          ${stage('expression', 'expression { return params.DEPLOY == true }')}
          ${stage('not', "not { branch 'main' }")}
          ${stage('anyOf', "anyOf { branch 'x'; environment name: 'JOB_NAME', value: 'demo' }")}
          ${stage('allOf', "allOf { branch 'main'; not { buildingTag() } }")}
          ${stage('both', "branch 'main'; expression { false }")}
          ${stage('equals', 'equals expected: 2, actual: 1 + 1')}
          ${stage('tag', "tag 'v*'")}
          ${stage('request', 'changeRequest()')}
          ${stage('before', "beforeAgent true; branch 'main'")}
        }
      }`,
      { env: { BRANCH_NAME: 'main' }, params: { DEPLOY: true } },
    );
    expect(ran.result).toBe('SUCCESS');
    expect(ran.output).toEqual([
      'branch',
      'Stage "glob" skipped due to when conditional',
      'regexp',
      'expression',
      'Stage "not" skipped due to when conditional',
      'anyOf',
      'allOf',
      'Stage "both" skipped due to when conditional',
      'equals',
      'Stage "tag" skipped due to when conditional',
      'Stage "request" skipped due to when conditional',
      'before',
    ]);
    expect(ran.stages.find(({ name }) => name === 'glob')?.status).toBe('NOT_BUILT');
  });

  it('runs parallel stages side by side, with their names before each line', async () => {
    const ran = await run(`pipeline {
      agent any
      stages {
        stage('All') {
          parallel {
            stage('slow') { steps { pauseFor 30; echo 'slow done' } }
            stage('fast') { steps { echo 'one\\ntwo' } }
          }
        }
      }
    }`);
    expect(ran.result).toBe('SUCCESS');
    expect(ran.output).toEqual(['[fast] one', '[fast] two', '[slow] slow done']);
    const all = ran.stages.find(({ name }) => name === 'All');
    expect(ran.stages.filter(({ parent }) => parent === all?.id).map(({ name }) => name)).toEqual([
      'slow',
      'fast',
    ]);
  });

  it('ends the other branches at once with failFast', async () => {
    const started = performance.now();
    const ran = await run(`pipeline {
      agent any
      options { parallelsAlwaysFailFast() }
      stages {
        stage('All') {
          parallel {
            stage('bad') { steps { error 'broken' } }
            stage('long') { steps { hang() } }
          }
        }
      }
    }`);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(ran.result).toBe('FAILURE');
    expect(ran.error?.message).toBe('broken');
    expect(stagesOf(ran)).toEqual(['All: FAILURE', 'bad: FAILURE', 'long: ABORTED']);
  });

  it('runs every cell of a matrix that is not excluded', async () => {
    const ran = await run(`pipeline {
      agent none
      stages {
        stage('Matrix') {
          matrix {
            axes {
              axis { name 'OS'; values 'linux', 'windows' }
              axis { name 'NODE'; values '20', '22' }
            }
            excludes { exclude { axis { name 'OS'; values 'windows' }; axis { name 'NODE'; values '20' } } }
            stages { stage('Test') { steps { echo "\${OS} \${NODE}" } } }
          }
        }
      }
    }`);
    expect(ran.result).toBe('SUCCESS');
    expect(ran.output.map((line) => line.replace(/^\[.*?\] /, '')).sort()).toEqual([
      'linux 20',
      'linux 22',
      'windows 22',
    ]);
  });

  it('tells the server its options, parameters and triggers, and fills parameters that have no value', async () => {
    const ran = await run(`pipeline {
      agent any
      options { disableConcurrentBuilds(); buildDiscarder(logRotator(numToKeepStr: '5')); timestamps() }
      parameters {
        string(name: 'WHO', defaultValue: 'world', description: 'whom to greet')
        booleanParam(name: 'LOUD', defaultValue: true)
        choice(name: 'COLOUR', choices: ['red', 'green'])
      }
      triggers { cron('H 4 * * *') }
      stages { stage('A') { steps { echo "\${params.WHO} \${params.LOUD} \${params.COLOUR} \${WHO}" } } }
    }`);
    expect(ran.properties).toMatchObject({
      disableConcurrentBuilds: { $class: 'disableConcurrentBuilds' },
      buildDiscarder: { $class: 'buildDiscarder', strategy: { $class: 'logRotator', numToKeepStr: '5' } },
      parameters: [
        { $class: 'string', name: 'WHO', defaultValue: 'world' },
        { name: 'LOUD' },
        { choices: ['red', 'green'] },
      ],
      triggers: [{ $class: 'cron', spec: 'H 4 * * *' }],
    });
    expect(ran.log).toMatch(/^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] world true red world$/m);
  });

  it('retries and limits the time by options', async () => {
    let tries = 0;
    const ran = await run(
      `pipeline { agent any; stages { stage('A') { options { retry(3) }; steps { sh 'flaky' } } } }`,
      {
        sh: async () => {
          if (++tries < 3) throw new Error('flaky');
          return null;
        },
      },
    );
    expect(ran.result).toBe('SUCCESS');
    expect(tries).toBe(3);
    const late = await run(
      `pipeline { agent any; options { timeout(time: 30, unit: 'MILLISECONDS') }; stages { stage('A') { steps { hang() } } } }`,
    );
    expect(late.result).toBe('ABORTED');
    expect(late.error).toMatchObject({ kind: 'interrupted', message: 'Timeout has been exceeded' });
    expect(stagesOf(late)).toEqual(['A: ABORTED']);
  });

  it('asks by the input directive', async () => {
    const ran = await run(`pipeline { agent none; stages { stage('Go') {
      input { message 'Deploy?'; ok 'Yes'; parameters { string(name: 'WHY', defaultValue: '') } }
      steps { echo "because \${WHY}" } } } }`);
    expect(ran.output).toEqual(['because yes']);
    expect(ran.reports).toEqual([
      'Go IN_PROGRESS',
      'Go PAUSED_PENDING_INPUT',
      'Go IN_PROGRESS',
      'Go SUCCESS',
    ]);
    expect(ran.calls[0]).toMatchObject({
      name: 'input',
      args: { message: 'Deploy?', ok: 'Yes', parameters: [{ $class: 'string', name: 'WHY' }] },
    });
  });

  it('marks a stage unstable without failing the build', async () => {
    const ran = await run(`pipeline { agent any; stages {
      stage('A') { steps { unstable 'shaky' }; post { unstable { echo 'was unstable' } } }
      stage('B') { steps { echo "still \${currentBuild.result}" } }
      stage('C') { steps { catchError(buildResult: 'SUCCESS', stageResult: 'FAILURE') { sh 'exit 1' } } }
    } }`);
    expect(ran.result).toBe('UNSTABLE');
    expect(ran.output).toEqual([
      'WARNING: shaky',
      'Post stage',
      'was unstable',
      'still UNSTABLE',
      '+ exit 1',
      'ERROR: script returned exit code 1',
    ]);
    expect(stagesOf(ran)).toEqual(['A: UNSTABLE', 'B: SUCCESS', 'C: FAILURE']);
  });

  it('refuses containers with the name of the engine that has them', async () => {
    const ran = await run(
      `pipeline { agent { docker { image 'node:22' } }; stages { stage('A') { steps { echo 'x' } } } }`,
    );
    expect(ran.result).toBe('FAILURE');
    expect(ran.error?.message).toMatch(/agent \{ docker … \} needs a container runtime.*engine "k3d"/);
  });

  it('uses names and functions that are declared around it', async () => {
    const ran = await run(`
      def greeting = 'hi'
      def shout(text) { text.toUpperCase() + '!' }
      pipeline { agent any; environment { G = "\${greeting}" }
        stages { stage('A') { steps { echo shout(greeting); echo "\${G} \${shout 'x'}" } } } }`);
    expect(ran.output).toEqual(['HI!', 'hi X!']);
  });

  it('runs what comes after a stop, until it is stopped once more', async () => {
    const pipeline = (step: string) => `pipeline {
      agent any
      stages { stage('A') { steps { hang() }; post { aborted { echo 'A was stopped' } } } }
      post { aborted { ${step} }; always { echo 'always' }; success { echo 'never' } }
    }`;
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort();
    }, 30);
    const ran = await run(pipeline("echo 'all was stopped'"), { signal: stop.signal });
    expect(ran.result).toBe('ABORTED');
    expect(ran.output).toEqual(expect.arrayContaining(['A was stopped', 'all was stopped', 'always']));
    expect(ran.output).not.toContain('never');
    expect(ran.stages.at(-1)).toMatchObject({ name: 'Declarative: Post Actions', status: 'SUCCESS' });

    const [first, second] = [new AbortController(), new AbortController()];
    setTimeout(() => {
      first.abort();
      setTimeout(() => {
        second.abort();
      }, 30);
    }, 30);
    const ended = await run(pipeline('hang()'), { signal: first.signal, afterwards: second.signal });
    expect(ended.result).toBe('ABORTED');
    expect(ended.output.join('\n')).toContain('Error when executing aborted post condition');
  });
});

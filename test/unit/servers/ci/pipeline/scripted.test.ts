import { describe, expect, it } from 'vitest';
import { run } from './pipeline-host.ts';

describe('a scripted pipeline', () => {
  it('runs steps with one argument, with names, and with a body', async () => {
    const ran = await run(`
      node('linux') {
        stage('Build') {
          def out = sh(script: 'git describe', returnStdout: true).trim()
          echo "got \${out} on \${env.NODE_NAME}"
          dir('sub') { echo pwd() }
          withCredentials([usernamePassword(credentialsId: 'git', usernameVariable: 'U', passwordVariable: 'P')]) {
            echo env.USER_NAME
          }
          def json = readJSON file: 'a.json'
          echo "\${json.digest} \${json.list} \${json.big} \${json.missing}"
        }
      }`);
    expect(ran.result).toBe('SUCCESS');
    expect(ran.output).toEqual([
      '+ git describe',
      'got out on linux',
      '/workspace/sub',
      'ada',
      'sha256:1 [1, 2.5, null] 5000000000 null',
    ]);
    expect(ran.calls.find(({ name }) => name === 'withCredentials')?.args).toEqual({
      bindings: [
        { $class: 'usernamePassword', credentialsId: 'git', usernameVariable: 'U', passwordVariable: 'P' },
      ],
    });
  });

  it('gives the value of a body through the step around it', async () => {
    const ran = await run(`class P { def n = 1 }
      def p = dir('x') { new P(n: 5) }
      def c = dir('x') { [f: { it * 2 }, d: 1.50, l: 5L] }
      echo "\${p.n} \${c.f(4)} \${c.d} \${c.l.class.simpleName} \${dir('x') { 'text' }}"`);
    expect(ran.output).toEqual(['5 8 1.50 Long text']);
  });

  it('keeps the variables of withEnv to its body, PATH+X before the path', async () => {
    const ran = await run(
      `withEnv(['A=1', "B=\${1 + 1}", 'PATH+EXTRA=/extra']) { env.GLOBAL = 'g'; echo "\${A} \${B} \${env.PATH}" }
       echo "\${env.A} \${GLOBAL}"`,
      { env: { PATH: '/bin' } },
    );
    expect(ran.output).toEqual(['1 2 /extra:/bin', 'null g']);
  });

  it('catches failures by their class, and runs finally', async () => {
    const ran = await run(`
      try { sh 'exit 1' } catch (hudson.AbortException e) { echo "caught \${e.message}" } finally { echo 'finally' }
      try { error 'mine' } catch (Exception e) { echo e.getMessage() }
      try { timeout(time: 20, unit: 'MILLISECONDS') { hang() } }
      catch (org.jenkinsci.plugins.workflow.steps.FlowInterruptedException e) { echo "late \${e.result}" }
      try { throw new IllegalStateException('bad') } catch (e) { echo e.toString() }
      def status = catchError(message: 'oops', buildResult: 'UNSTABLE', stageResult: 'UNSTABLE') { error 'inner' }
      echo "after \${currentBuild.currentResult}"`);
    expect(ran.output.filter((line) => !/^(Timeout|Cancelling)/.test(line))).toEqual([
      '+ exit 1',
      'caught script returned exit code 1',
      'finally',
      'mine',
      'late ABORTED',
      'java.lang.IllegalStateException: bad',
      'WARNING: oops',
      'ERROR: inner',
      'after UNSTABLE',
    ]);
    expect(ran.result).toBe('UNSTABLE');
  });

  it('runs branches in parallel and gives their values', async () => {
    const ran = await run(`
      def branches = [:]
      for (name in ['a', 'b']) { def own = name; branches[own] = { echo own; own.toUpperCase() } }
      def values = parallel(branches)
      echo "\${values}"
      parallel x: { pauseFor 10 }, y: { error 'y broke' }, failFast: false`);
    expect(ran.output).toEqual(['[a] a', '[b] b', '[a:A, b:B]', 'Failed in branch y', 'ERROR: y broke']);
    expect(ran.result).toBe('FAILURE');
    expect(ran.stages.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'a SUCCESS',
      'b SUCCESS',
      'x SUCCESS',
      'y FAILURE',
    ]);
  });

  it('retries, waits until something is true, and sleeps', async () => {
    const ran = await run(`
      def n = 0
      retry(3) { n++; if (n < 3) { error "try \${n}" } }
      waitUntil(initialRecurrencePeriod: 1, quiet: true) { n++; n > 4 }
      sleep time: 1, unit: 'MILLISECONDS'
      echo "\${n}"`);
    expect(ran.output).toEqual([
      'ERROR: try 1',
      'Retrying',
      'ERROR: try 2',
      'Retrying',
      'Sleeping for 1 milliseconds',
      '5',
    ]);
  });

  it('is ended by its signal, in a step and in a loop without steps', async () => {
    for (const body of [
      'hang()',
      'while (true) { }',
      'def f() { [1, 2].each { f2() } }; def f2() { 1 }; while (true) { f() }',
      'sleep 60',
    ]) {
      const controller = new AbortController();
      const running = run(
        `stage('A') { ${body.includes('def f') ? 'while (true) { [1].each { it } }' : body} }`,
        { signal: controller.signal },
      );
      setTimeout(() => {
        controller.abort();
      }, 30);
      const ran = await running;
      expect(ran.result).toBe('ABORTED');
      expect(ran.stages[0]?.status).toBe('ABORTED');
    }
  });

  it('lets others run while it computes', async () => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks++;
    }, 5);
    await run('def s = 0; for (int i = 0; i < 60000; i++) { s = s + "x".size() }');
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });

  it('knows the build it is in, and names it', async () => {
    const ran = await run(
      `currentBuild.displayName = "v\${currentBuild.number}"; currentBuild.description = 'about'
       echo "\${currentBuild.projectName} \${currentBuild.previousBuild?.result} \${env.BUILD_NUMBER} \${BUILD_NUMBER} \${params.X} \${currentBuild.result}"
       currentBuild.result = 'UNSTABLE'
       currentBuild.result = 'SUCCESS'`,
      { params: { X: 'y' }, previousResult: 'FAILURE' },
    );
    expect(ran).toMatchObject({ result: 'UNSTABLE', displayName: 'v7', description: 'about' });
    expect(ran.output).toEqual(['demo FAILURE 7 7 y null']);
  });

  it('hands its properties to the server', async () => {
    const ran = await run(
      `properties([disableConcurrentBuilds(), parameters([string(name: 'A', defaultValue: 'b')]), [$class: 'BuildDiscarderProperty', strategy: logRotator(numToKeepStr: '3')]])`,
    );
    expect(ran.properties).toMatchObject({
      disableConcurrentBuilds: {},
      parameters: [{ $class: 'string', name: 'A', defaultValue: 'b' }],
      BuildDiscarderProperty: { strategy: { $class: 'logRotator', numToKeepStr: '3' } },
    });
  });

  it('loads a Groovy file of the workspace', async () => {
    const text =
      'import static java.lang.Math.max\nanswer = 42\ndef larger(a, b) { echo "${max(a, b)}" }\nreturn this';
    const readFile = { name: 'readFile', run: async () => text };
    const ran = await run('def tools = load \'ci/tools.groovy\'\ntools.larger 1, 2\necho "${tools.answer}"', {
      steps: [readFile],
    });
    expect(ran.error).toBeUndefined();
    expect(ran.output).toEqual(['2', '42']);
  });

  it('reaches nothing of the host', async () => {
    for (const attempt of [
      "System.getenv('HOME')",
      "new File('/etc/passwd').text",
      "'ls'.execute()",
      "Class.forName('x')",
      'env.constructor.constructor',
      "steps.constructor('x')",
      'currentBuild.rawBuild.delete()',
      "[].getClass().classLoader.parseClass('x')",
      'Thread.sleep(1)',
      'this.class.classLoader.loadClass("x")',
    ]) {
      const ran = await run(attempt);
      expect(ran.result, attempt).toBe('FAILURE');
      expect(ran.error?.message, attempt).toMatch(/RejectedAccess|Missing|NoSuchMethod|NullPointer/);
    }
    const ran = await run(
      "def m = [:]; m.__proto__ = [polluted: 'yes']; m['constructor'] = 1; sh script: 'x', '__proto__': [polluted: 'yes']; echo \"${[:].polluted}\"",
    );
    expect(ran.output).toEqual(['+ x', 'null']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

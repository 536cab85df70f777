import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Build } from '../../../../src/clients/jenkins.ts';
import type { PipelineValue } from '../../../../src/servers/ci/pipeline/host.ts';
import { calls, finished, pipelineConfig, startFixture } from './support/fixture.ts';

describe('the steps of a pipeline', () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>;
  let count = 0;

  beforeAll(async () => {
    fixture = await startFixture();
    const { jenkins } = fixture;
    await jenkins.ensureCredential({
      kind: 'usernamePassword',
      id: 'git',
      username: 'ci',
      password: 'hunter2-hunter2',
    });
    await jenkins.ensureCredential({ kind: 'string', id: 'token', secret: 'tok-0123456789' });
    await jenkins.ensureCredential({
      kind: 'file',
      id: 'kube',
      fileName: 'config',
      content: 'apiVersion: v1\nsecret',
    });
  });
  afterAll(async () => {
    await fixture.close();
  });

  async function run(
    ...list: Parameters<typeof calls>
  ): Promise<{ build: Build; log: string; job: [string] }> {
    count += 1;
    const job: [string] = [`steps-${count}`];
    await fixture.jenkins.createJob(job[0], pipelineConfig(calls(...list)));
    await fixture.jenkins.trigger(job);
    const build = await finished(fixture.jenkins, job);
    return { build, job, log: await fixture.jenkins.console(job, build.number) };
  }

  test('sh shows each command and its output in order, and fails with the exit code', async () => {
    const { build, log } = await run(['sh', { script: 'echo one\necho two >&2\nexit 3' }]);
    expect(log).toContain('+ echo one\none\n+ echo two\ntwo\n+ exit 3\n');
    expect(log).toContain('ERROR: script returned exit code 3');
    expect(build.result).toBe('FAILURE');
  });

  test('sh gives output or status, with the environment of the build and none of the server', async () => {
    process.env['CI_TEST_LEAK'] = 'leaked';
    const { log } = await run(
      ['sh', { script: 'printf "%s" "$BUILD_NUMBER $JOB_NAME $CI_TEST_LEAK."', returnStdout: true }],
      ['echo'],
      ['sh', { script: 'exit 42', returnStatus: true }],
      ['echo'],
      ['sh', { script: '#!/bin/sh\necho "$HOME"' }],
    );
    delete process.env['CI_TEST_LEAK'];
    expect(log).toMatch(/"1 steps-\d+ \."/);
    expect(log).toContain('\n42\n');
    expect(log).toContain('/ci/home\n');
    expect(log).not.toContain('leaked');
  });

  test('credentials are there for the body, masked in every form, and gone afterwards', async () => {
    const bindings: PipelineValue[] = [
      { $class: 'usernamePassword', credentialsId: 'git', usernameVariable: 'U', passwordVariable: 'P' },
      { $class: 'string', credentialsId: 'token', variable: 'T' },
      { $class: 'file', credentialsId: 'kube', variable: 'F' },
    ];
    const { log, build } = await run(
      [
        'withCredentials',
        { bindings },
        [
          [
            'sh',
            {
              script:
                'echo "$U:$P"; printf "%s" "$U:$P" | base64; echo $T; cat "$F"; for c in hunter2- hunter2; do printf "%s" $c; sleep 0.05; done',
            },
          ],
        ],
      ],
      ['sh', { script: 'echo "after: $P$T$F."; ls "$WORKSPACE_TMP/secretFiles"' }],
    );
    expect(build.result).toBe('SUCCESS');
    expect(log).toContain('ci:****');
    expect(log).not.toMatch(/hunter2-hunter2|tok-0123456789|apiVersion|aHVudGVyMi1odW50ZXIy/);
    expect(log).not.toContain(Buffer.from('ci:hunter2-hunter2').toString('base64').slice(-12));
    expect(log).toContain('after: .');
  });

  test('a binding that this server does not have is refused by name', async () => {
    const { log } = await run([
      'withCredentials',
      { bindings: [{ $class: 'sshUserPrivateKey', credentialsId: 'git' }] },
      [],
    ]);
    expect(log).toContain('not "sshUserPrivateKey"');
  });

  test('files are written, read, found, stashed and archived', async () => {
    const { build, job, log } = await run(
      ['writeFile', { file: 'out/a.txt', text: 'alpha' }],
      ['writeJSON', { file: 'out/b.json', json: { digest: 'sha256:1' } }],
      ['readJSON', { file: 'out/b.json' }],
      ['echo'],
      ['readYaml', { text: 'a: [1, two]' }],
      ['echo'],
      ['fileExists', { file: 'out/nothing' }],
      ['echo'],
      ['findFiles', { glob: '**/*.txt' }],
      ['echo'],
      ['stash', { name: 'made', includes: 'out/**' }],
      ['deleteDir'],
      ['unstash', { name: 'made' }],
      ['dir', { path: 'out' }, [['sh', { script: 'ls' }]]],
      ['archiveArtifacts', { artifacts: 'out/*.txt, out/*.json' }],
    );
    expect(log).toContain('{"digest":"sha256:1"}');
    expect(log).toContain('{"a":[1,"two"]}');
    expect(log).toContain('false\n');
    expect(log).toContain('"path":"out/a.txt"');
    expect(log).toContain('a.txt\nb.json\n');
    expect(build.artifacts.map(({ relativePath }) => relativePath)).toEqual(['out/a.txt', 'out/b.json']);
    expect((await fixture.jenkins.artifact(job, 1, 'out/a.txt'))?.toString()).toBe('alpha');
    expect(await fixture.jenkins.artifact(job, 1, '../build.json')).toBeUndefined();
  });

  test.each([
    ['a path above the workspace', ['readFile', { file: '../../../secret.key' }]],
    ['an absolute path', ['writeFile', { file: '/tmp/ci-escape', text: 'x' }]],
    ['a folder above', ['dir', { path: '../..' }, []]],
  ] as const)('%s leads out of the workspace, and is refused', async (_what, call) => {
    const { build, log } = await run(call as unknown as Parameters<typeof calls>[0]);
    expect(log).toContain('leads out of the workspace');
    expect(build.result).toBe('FAILURE');
  });

  test('a link that leads out of the workspace is refused as well', async () => {
    const { log } = await run(['sh', { script: 'ln -s / out' }], ['readFile', { file: 'out/etc/hostname' }]);
    expect(log).toContain('leads out of the workspace');
  });

  test('failed tests make the build unstable and are counted', async () => {
    const report =
      '<testsuites><testsuite name="s"><testcase classname="c" name="good" time="0.5"/><testcase name="bad"><failure message="1 is not 2"/></testcase><testcase name="later"><skipped/></testcase></testsuite></testsuites>';
    const { build, job } = await run(
      ['writeFile', { file: 'r.xml', text: report }],
      ['junit', { testResults: '*.xml' }],
    );
    expect(build.result).toBe('UNSTABLE');
    const response = await fetch(`${fixture.server.url}/job/${job[0]}/1/testReport/api/json`, {
      headers: { authorization: `Basic ${Buffer.from('developer:correct horse').toString('base64')}` },
    });
    expect(await response.json()).toMatchObject({ failCount: 1, passCount: 1, skipCount: 1 });
  });

  test('a question waits for its answer', async () => {
    const { jenkins } = fixture;
    await jenkins.createJob(
      'asks',
      pipelineConfig(calls(['input', { message: 'Deploy?', id: 'go' }], ['sh', { script: 'echo went' }])),
    );
    await jenkins.trigger(['asks']);
    const pending = async () => {
      for (;;) {
        const [one] =
          (await jenkins.build(['asks'], 'lastBuild')) === undefined
            ? []
            : await jenkins.pendingInputs(['asks'], 'lastBuild');
        if (one !== undefined) return one;
      }
    };
    expect(await pending()).toMatchObject({ id: 'Go', message: 'Deploy?' });
    await jenkins.answerInput(['asks'], 1, 'Go', 'proceed');
    expect((await finished(jenkins, ['asks'])).result).toBe('SUCCESS');
    await jenkins.trigger(['asks']);
    await expect.poll(() => jenkins.pendingInputs(['asks'], 2).catch(() => [])).toHaveLength(1);
    await jenkins.answerInput(['asks'], 2, 'Go', 'abort');
    expect((await finished(jenkins, ['asks'], 2)).result).toBe('ABORTED');
    expect(await jenkins.console(['asks'], 2)).toContain('Rejected by developer');
  });

  test('one pipeline builds another and takes over its result', async () => {
    await fixture.jenkins.createJob('below', pipelineConfig(calls(['sh', { script: 'exit 1' }])));
    const { build, log } = await run(['build', { job: 'below' }]);
    expect(log).toContain('below #1 completed with status FAILURE');
    expect(build.result).toBe('FAILURE');
  });
});

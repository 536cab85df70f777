import { describe, expect, it } from 'vitest';
import { checkSyntax } from '../../../../../src/servers/ci/pipeline/run.ts';
import { run } from './pipeline-host.ts';

const problems = (source: string) =>
  checkSyntax({ file: 'WorkflowScript', source }).map(
    ({ line, column, message }) => `${line}:${column} ${message}`,
  );

describe('a pipeline that is wrong', () => {
  it('does not begin, and says where with the line and a caret', async () => {
    const ran = await run("node {\n  sh 'a'\n  echo 'b\n}\n");
    expect(ran.result).toBe('FAILURE');
    expect(ran.error).toMatchObject({ kind: 'syntax', file: 'WorkflowScript', line: 3, column: 8 });
    expect(ran.log).toContain(
      "WorkflowScript: 3: unclosed string, expecting ' @ line 3, column 8.\n     echo 'b\n          ^\n\n1 error\n",
    );
    expect(ran.calls).toEqual([]);
  });

  it.each([
    [
      "pipeline { agent any\n  stages { stage('A') { sh 'x' } } }",
      [
        '2:25 Unknown stage section "sh". Starting with version 0.5, steps in a stage must be in a ‘steps’ block.',
        '2:12 Expected one of "steps", "stages", "parallel", or "matrix" for stage "A"',
      ],
    ],
    [
      "pipeline {\n  stages { stage('A') { steps { echo 'x' } } }\n}",
      ['1:10 Missing required section "agent"'],
    ],
    ['pipeline {\n  agent any\n}', ['1:10 Missing required section "stages"']],
    ['pipeline { agent any; stages { } }', ['1:23 No stages specified']],
    [
      "pipeline { agent any; stags { } ; stages { stage('A') { steps { echo 'x' } } } }",
      ['1:23 Undefined section "stags"'],
    ],
    ["pipeline { agent any; stages { stage('A') { steps { } } } }", ['1:51 No steps specified for branch']],
    [
      "pipeline { agent any; stages { stage('A') { steps {\n def x = 1\n if (x) { echo 'y' }\n foo.bar() } } } }",
      [
        '2:2 Expected a step',
        '3:2 Expected a step',
        '4:6 Method calls on objects not allowed outside "script" blocks.',
      ],
    ],
    [
      "pipeline { agent some; stages { stage('A') { steps { echo 'x' } } } }",
      [
        '1:18 Invalid agent type "some" specified. Must be one of [any, docker, dockerfile, kubernetes, label, node, none]',
      ],
    ],
    [
      "pipeline { agent any; options { tiemout(5) }; stages { stage('A') { steps { echo 'x' } } } }",
      [expect.stringMatching(/^1:33 Invalid option type "tiemout"\. Valid option types: \[ansiColor, /)],
    ],
    [
      "pipeline { agent any; stages { stage('A') { steps { echo 'x' }; post { allways { echo 'y' } } } } }",
      [expect.stringMatching(/^1:72 Invalid condition "allways" - valid conditions are \[aborted, always/)],
    ],
    [
      "pipeline { agent any; stages { stage('A') { when { brunch 'x' }; steps { echo 'x' } } } }",
      [expect.stringMatching(/^1:52 Unknown conditional brunch\. Valid conditionals are: allOf/)],
    ],
    [
      "pipeline { agent any; stages { stage('A') { steps { echo 'x' } }; stage('A') { steps { echo 'x' } } } }",
      ['1:73 Duplicate stage name: "A"'],
    ],
    [
      'pipeline { agent any; environment { X }; stages { stage("A") { steps { echo "x" } } } }',
      ['1:37 Expected name=value pairs'],
    ],
    ["def x = [1, 2\necho 'y'", [expect.stringMatching(/^2:1 expecting '\]', found 'echo'/)]],
    ['if (true) {\n  echo "a"\n', [expect.stringMatching(/^3:1 expecting '\}'/)]],
    ['echo "a"\n}', ['2:1 unexpected token: }']],
    ["echo 'a' 'b'", ['1:10 unexpected token: b']],
    ["sh 'a\\qb'", [expect.stringMatching(/^1:6 unexpected char/)]],
  ])('%j', (source, expected) => {
    expect(problems(source)).toEqual(expected);
  });

  it('says nothing of what is right', () => {
    expect(problems("@Library('x') _\nnode('linux') { stage('A') { sh 'x' } }")).toEqual([]);
  });
});

describe('a script that fails while it runs', () => {
  it.each([
    [
      'node {\n  foo 1\n}',
      /^java\.lang\.NoSuchMethodError: No such DSL method 'foo' found among steps \[.*\bsh\b.*\] or symbols \[.*\] or globals \[currentBuild, env, params, scm, steps\]/,
      2,
    ],
    ["node {\n  shh 'x'\n}", /Did you mean 'sh'\?/, 2],
    [
      'node {\n\n  echo nope\n}',
      /^groovy\.lang\.MissingPropertyException: No such property: nope for class: groovy\.lang\.Binding/,
      3,
    ],
    [
      "def a = 1\n'x'.zork(a)",
      /^groovy\.lang\.MissingMethodException: No signature of method: java\.lang\.String\.zork\(\) is applicable for argument types: \(java\.lang\.Integer\) values: \[1\]/,
      2,
    ],
    [
      'def m = null\nm.size()',
      /^java\.lang\.NullPointerException: Cannot invoke method size\(\) on null object/,
      2,
    ],
    ['assert 1 == 2', /PowerAssertionError: assert 1 == 2/, 1],
    ["readFiel 'x'\n", /No such DSL method 'readFiel'/, 1],
  ])('%j names what and where', async (source, message, line) => {
    const ran = await run(source);
    expect(ran.result).toBe('FAILURE');
    expect(ran.error?.message).toMatch(message);
    expect(ran.error).toMatchObject({ kind: 'script', file: 'WorkflowScript', line });
    expect(ran.log).toContain(`(WorkflowScript:${line})`);
  });

  it('names the file of the library and the line in it', async () => {
    const ran = await run("@Library('lib') _\nnode { broken() }", {
      vars: { broken: "def call() {\n  sh 'x'\n  oops.value\n}" },
    });
    expect(ran.error).toMatchObject({
      file: 'vars/broken.groovy',
      line: 3,
      message: expect.stringContaining('No such property: oops for class: broken'),
    });
    expect(ran.log).toContain('\tat broken.call(vars/broken.groovy:3)\n');
  });

  it('names the file of a library that does not parse', async () => {
    const ran = await run("@Library('lib') _\nbroken()", { vars: { broken: 'def call() {\n  sh(\n' } });
    expect(ran.error).toMatchObject({ kind: 'syntax', file: 'vars/broken.groovy', line: 3 });
  });
});

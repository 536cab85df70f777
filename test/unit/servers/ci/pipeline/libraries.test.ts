import { describe, expect, it } from 'vitest';
import { run } from './pipeline-host.ts';

describe('a shared library', () => {
  it('gives its variables to the pipeline: call, further methods, fields, defaults and named arguments', async () => {
    const ran = await run(
      `@Library('lib@main') _
       node {
         def image = build app: 'shop', { echo "in body of \${it}" }
         echo image
         echo tools.version() + tools.shout('x')
         notify()
         notify 'ada'
         echo tools.count() + '' + tools.count()
       }`,
      {
        vars: {
          build: `import groovy.transform.Field
            @Field static final String REGISTRY = 'registry:5000'
            /** Builds. */
            def call(Map config = [:], Closure body = null) {
              def name = config.app ?: error('no app')
              sh "docker build -t \${REGISTRY}/\${name} ."
              if (body) { body(name) }
              return "\${REGISTRY}/\${name}:\${env.BUILD_NUMBER}"
            }`,
          tools: `import groovy.transform.Field
            @Field def counter = 0
            def version() { libraryResource('version.txt').trim() }
            String shout(String text) { return helper(text) }
            private String helper(text) { text.toUpperCase() + '!' }
            int count() { return ++counter }`,
          notify: 'void call(String who = \'all\') { echo "notify ${who} of ${env.JOB_NAME}" }',
        },
        resources: { 'version.txt': '1.2.3\n' },
      },
    );
    expect(ran.error).toBeUndefined();
    expect(ran.output).toEqual([
      '+ docker build -t registry:5000/shop .',
      'in body of shop',
      'registry:5000/shop:7',
      '1.2.3X!',
      'notify all of demo',
      'notify ada of demo',
      '12',
    ]);
  });

  it('gives its classes, which reach steps by the script that they are given', async () => {
    const ran = await run(
      `@Library('lib')
       import org.acme.Docker
       import org.acme.Version
       def docker = new Docker(this, 'registry')
       node { echo docker.build('shop', new Version(1, 2)) }
       echo Version.parse('3.4').toString()
       try { docker.fail() } catch (org.acme.BuildError e) { echo "\${e.message} \${e.code}" }`,
      {
        classes: {
          'org.acme.Docker': `package org.acme
            class Docker implements Serializable {
              private final def steps
              String registry
              Docker(steps, String registry) { this.steps = steps; this.registry = registry }
              String build(String name, Version version) {
                steps.sh "build \${registry}/\${name}:\${version}"
                steps.withEnv(["V=\${version}"]) { steps.echo steps.env.V }
                return "\${steps.env.JOB_NAME}/\${name}"
              }
              void fail() { throw new BuildError('went wrong', 5) }
            }`,
          'org.acme.Version': `package org.acme
            class Version implements Serializable {
              final int major, minor
              Version(int major, int minor) { this.major = major; this.minor = minor }
              static Version parse(String text) { def (a, b) = text.tokenize('.')*.toInteger(); return new Version(a, b) }
              @Override String toString() { "v\${major}.\${minor}" }
            }`,
          'org.acme.BuildError': `package org.acme
            class BuildError extends RuntimeException {
              int code
              BuildError(String message, int code) { super(message); this.code = code }
            }`,
        },
      },
    );
    expect(ran.error).toBeUndefined();
    expect(ran.output).toEqual(['+ build registry/shop:v1.2', 'v1.2', 'demo/shop', 'v3.4', 'went wrong 5']);
  });

  it('may be loaded while the pipeline runs, or always', async () => {
    const lib = {
      vars: { hello: 'def call(x) { echo "hello ${x}" }' },
      classes: { 'org.acme.Util': 'package org.acme\nclass Util { static twice(x) { x * 2 } }' },
    };
    const ran = await run(
      "def lib = library('lib@v2')\nhello 'you'\necho \"${lib.org.acme.Util.twice(21)}\"",
      lib,
    );
    expect(ran.output).toEqual(['hello you', '42']);
    const always = await run("hello 'all'", { ...lib, implicitLibraries: ['lib'] });
    expect(always.output).toEqual(['hello all']);
  });

  it('may be a whole declarative pipeline', async () => {
    const ran = await run("@Library('lib') _\nstandard(name: 'shop')", {
      vars: {
        standard:
          'def call(Map c) {\n pipeline { agent any\n stages { stage(\'Build\') { steps { echo "build ${c.name}" } } } } }',
      },
    });
    expect(ran.output).toEqual(['build shop']);
    expect(ran.stages.map(({ name }) => name)).toEqual(['Build']);
  });

  it('that is missing fails the build before it begins', async () => {
    const ran = await run("@Library('missing') _\necho 'never'");
    expect(ran.result).toBe('FAILURE');
    expect(ran.output).toEqual(['ERROR: No version of library missing found']);
  });

  it('calls closures with a delegate, as configuration blocks do', async () => {
    const ran = await run("@Library('lib') _\nconfigure { name = 'shop'; port = 8080 }", {
      vars: {
        configure: `def call(Closure body) {
          def config = [:]
          body.resolveStrategy = Closure.DELEGATE_FIRST
          body.delegate = config
          body()
          echo "\${config}"
        }`,
      },
    });
    expect(ran.output).toEqual(['[name:shop, port:8080]']);
  });
});

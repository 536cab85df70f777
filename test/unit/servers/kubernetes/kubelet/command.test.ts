import { describe, expect, it } from 'vitest';
import {
  ContainerError,
  nodeArguments,
  safeEnvironment,
} from '../../../../../src/servers/kubernetes/kubelet/command.ts';
import { expand } from '../../../../../src/servers/kubernetes/kubelet/expansion.ts';
import { createTranslation } from '../../../../../src/servers/kubernetes/kubelet/preload-files.ts';

const toReal = createTranslation({ root: '/store/img', mounts: [['/etc/web', '/pods/1/web']] }) as (
  path: string,
) => string;
const words = (
  container: { command?: string[]; args?: string[] },
  config: Record<string, unknown> = {},
  env = {},
) => nodeArguments({ name: 'web', ...container }, config, env, '/app', toReal);

describe('the command of a container', () => {
  it.each([
    [{}, { Cmd: ['node', 'server.js'] }, ['server.js']],
    [{}, { Entrypoint: ['docker-entrypoint.sh'], Cmd: ['node', 'server.js'] }, ['server.js']],
    [{}, { Entrypoint: ['docker-entrypoint.sh'], Cmd: ['server.js'] }, ['server.js']],
    [{}, { Entrypoint: ['/usr/local/bin/node'], Cmd: ['a.js'] }, ['a.js']],
    [{ args: ['b.js'] }, { Entrypoint: ['node'], Cmd: ['a.js'] }, ['b.js']],
    [{ command: ['node', 'c.js'] }, { Entrypoint: ['x'], Cmd: ['y'] }, ['c.js']],
    [{}, { Cmd: ['/bin/sh', '-c', 'exec node server.js --port=80'] }, ['server.js', '--port=80']],
    [{}, { Entrypoint: ['tini', '--'], Cmd: ['node', '/app/x.js'] }, ['/store/img/app/x.js']],
    [
      { command: ['node', '--allow-child-process', '--require=/etc/web/x.js', 'a.js'] },
      {},
      ['--require=/pods/1/web/x.js', 'a.js'],
    ],
  ])('%j of an image with %j comes to %j', (container, config, expected) => {
    expect(words(container, config)).toEqual(expected);
  });

  it.each([
    '--allow-fs-read=*',
    '--max-old-space-size=64 --allow_child_process',
    '--no-permission',
    '--no_experimental_permission',
    '--inspect=0.0.0.0:9229',
    '--require /tmp/x.js',
    '-r x.js',
    '--experimental-loader=./x.mjs',
    '"--allow-worker"  --allow-worker',
  ])('refuses NODE_OPTIONS="%s", which could loosen its limits', (options) => {
    expect(() => safeEnvironment('web', { NODE_OPTIONS: options })).toThrow(ContainerError);
    expect(() => safeEnvironment('web', { NODE_OPTIONS: options })).toThrow(/NODE_OPTIONS with -/);
  });

  it('keeps NODE_OPTIONS that loosen nothing, and drops variables that run code before Node holds its limits', () => {
    const NODE_OPTIONS = '--max-old-space-size=64 --enable-source-maps --trace-warnings';
    expect(
      safeEnvironment('web', {
        NODE_OPTIONS,
        A: '1',
        LD_PRELOAD: '/x.so',
        OPENSSL_CONF: '/x',
        NODE_V8_COVERAGE: '/x',
      }),
    ).toEqual({ NODE_OPTIONS, A: '1' });
    expect(words({ command: ['node', '--allow_fs_read=/', 'a.js'] })).toEqual(['a.js']);
  });

  it('expands variables', () => {
    expect(words({ command: ['node', '$(FILE)', '$$(FILE)', '$(NONE)'] }, {}, { FILE: 'a.js' })).toEqual([
      'a.js',
      '$(FILE)',
      '$(NONE)',
    ]);
    expect(expand('$(A)$$$(A)', { A: 'x' })).toBe('x$x');
  });

  it.each([[['nginx']], [['/bin/sh', '-c', 'node a.js && rm -rf /']], [['python', 'x']], [['./server']]])(
    'refuses %j',
    (command) => {
      expect(() => words({ command })).toThrow(
        /only images that start with node can run here; the engine k3d/,
      );
    },
  );

  it('refuses an image without any command', () => {
    expect(() => words({})).toThrow(/no command specified/);
  });
});

describe('paths of a container', () => {
  it.each([
    ['/app/x', '/store/img/app/x'],
    ['/etc/passwd', '/store/img/etc/passwd'],
    ['/etc/web', '/pods/1/web'],
    ['/etc/web/a', '/pods/1/web/a'],
    ['/etc/website', '/store/img/etc/website'],
    ['/store/img/app/x', '/store/img/app/x'],
    ['/store/img/etc/web/a', '/pods/1/web/a'],
    ['/store/img/../secret', '/store/img/store/secret'],
    ['/pods/1/web/a', '/pods/1/web/a'],
    ['/pods/2/web/a', '/store/img/pods/2/web/a'],
    ['/dev/null', '/dev/null'],
  ])('%s is really %s', (path, real) => {
    expect(toReal(path)).toBe(real);
  });
});

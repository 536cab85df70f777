import { describe, expect, test } from 'vitest';
import { checkArguments, unknownCommand } from '../../../src/cli/arguments.ts';
import { createProgram } from '../../../src/cli/program.ts';

const program = createProgram(async () => undefined);

function check(...words: string[]) {
  const [name, ...rest] = words;
  const command = program.commands.find((candidate) => candidate.name() === name);
  return checkArguments(command!, rest).map(({ place, message }) => `${place}: ${message}`);
}

describe('checking a command line', () => {
  test('finds nothing wrong with good ones', () => {
    expect(check('up', '--engine', 'embedded', '--port=9000', '--json')).toEqual([]);
    expect(check('clone', 'storefront', 'here')).toEqual([]);
    expect(check('logs', '-f')).toEqual([]);
  });

  test('reports all unknown options at once, with what was meant', () => {
    expect(check('up', '--prot', '9000', '--josn')).toEqual([
      '--prot: unknown option of `up`; did you mean --port?',
      '--josn: unknown option of `up`; did you mean --json?',
    ]);
  });

  test('reports values that are missing or none of the choices', () => {
    expect(check('up', '--port')).toEqual(['--port: needs a value']);
    expect(check('up', '--port', '--json')).toEqual(['--port: needs a value']);
    expect(check('up', '--engine', 'vmware')).toEqual([
      '--engine: "vmware" is none of auto, embedded, k3d, kubernetes',
    ]);
  });

  test('reports missing and superfluous arguments', () => {
    expect(check('clone')).toEqual(['<repo>: is missing: name of the repository, as in `status`']);
    expect(check('status', 'now')).toEqual(['now: `status` does not take this argument']);
  });

  test('lets help be asked for without the arguments', () => {
    expect(check('clone', '--help')).toEqual([]);
  });

  test('suggests the command that was meant', () => {
    expect(unknownCommand(program, 'statsu').message).toContain('"status"');
    expect(unknownCommand(program, 'xyzzy').message).toBe('unknown command');
  });
});

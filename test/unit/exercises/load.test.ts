import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadExercise } from '../../../src/exercises/load.ts';

const good = `id: paint
title: Paint the shop
minutes: 5
checks:
  - title: the shop is painted
    look: { file: { repository: shop, path: src/theme.js } }
    expect: { exists: true }
hints: [Paint it.]
solution:
  - title: Take the brush
    type: [paint]
    restore: { repository: shop }
`;

describe('an exercise in a folder', () => {
  let folder: string;
  const write = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
  };
  const load = (render: (text: string, file: string) => string = (text) => text) =>
    loadExercise(folder, render);
  const complaint = async (description: string) => {
    write('exercise.yaml', description);
    write('text.md', '# Paint\n');
    return load().then(
      () => 'none',
      (error: Error) => error.message,
    );
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exercise-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('is read with its text, its files and what a person would type', async () => {
    write('exercise.yaml', good);
    write('text.md', '# Paint the __COLOUR__ shop\n');
    mkdirSync(join(folder, 'start'));
    write('start/note.txt', 'hello');
    const exercise = await load((text) => text.replaceAll('__COLOUR__', 'teal'));
    expect(exercise).toMatchObject({
      id: 'paint',
      minutes: 5,
      hints: ['Paint it.'],
      text: '# Paint the teal shop\n',
    });
    expect(exercise.files.get('start/note.txt')).toBe('hello');
    expect(exercise.solution[0]).toMatchObject({ title: 'Take the brush' });
    expect(exercise.solution[0]?.typed(undefined as never)).toEqual(['paint']);
  });

  test('tells all problems with their places', async () => {
    const message = await complaint(
      good
        .replace('minutes: 5', 'minutes: soon')
        .replace('expect: { exists: true }', 'expect: { exist: true }')
        .replace('restore: { repository: shop }', 'restore: { repo: shop }'),
    );
    expect(message).toMatch(/exercise\.yaml:3:1: minutes: write a number of minutes/);
    expect(message).toMatch(
      /exercise\.yaml:7:\d+: checks\[0\]\.expect\.exist: unknown expectation "exist"; did you mean "exists"\?/,
    );
    expect(message).toMatch(/exercise\.yaml:12:\d+: .*unknown key "repo"/);
    expect(message).toContain('nothing was changed');
  });

  test.each([
    [
      'a key that nobody knows',
      good.replace('hints:', 'hint: [x]\nhints:'),
      /:8:1: unknown key "hint"; did you mean "hints"/,
    ],
    ['no check at all', good.replace(/checks:[^]*?hints/, 'checks: []\nhints'), /at least one check/],
    [
      'two kinds in one step',
      good.replace('    restore:', '    refresh: { applications: [a] }\n    restore:'),
      /one kind/,
    ],
    [
      'a change of a file without a way',
      good.replace(
        'restore: { repository: shop }',
        'commit: { repository: shop, message: m, files: [{ path: a }] }',
      ),
      /takes one of content, copy/,
    ],
    ['YAML that is none', 'id: [', /exercise\.yaml:1:\d+: /],
    ['an id that could be a path', good.replace('id: paint', 'id: ../paint'), /lower-case words/],
  ])('says what is wrong with %s', async (_what, description, message) => {
    expect(await complaint(description)).toMatch(message);
  });

  test('says which file is missing', async () => {
    write('exercise.yaml', good);
    await expect(load()).rejects.toMatchObject({
      code: 'exercise-invalid',
      message: expect.stringMatching(/text\.md: is missing/),
    });
    await expect(loadExercise(join(folder, 'none'), (text) => text)).rejects.toMatchObject({
      code: 'exercise-missing',
    });
  });

  test('says where a placeholder is that nothing fills', async () => {
    write('exercise.yaml', good);
    write('text.md', '__NOTHING__');
    const render = (text: string, file: string) => {
      if (text.includes('__NOTHING__')) throw new Error(`${file} has the unknown placeholder __NOTHING__`);
      return text;
    };
    await expect(load(render)).rejects.toMatchObject({
      message: expect.stringMatching(/text\.md has the unknown placeholder __NOTHING__/),
    });
  });

  test('follows no link out of its folder', async () => {
    write('exercise.yaml', good);
    write('text.md', '# Paint\n');
    symlinkSync('/etc/passwd', join(folder, 'secret.txt'));
    expect([...(await load()).files.keys()]).toEqual(['exercise.yaml', 'text.md']);
  });

  test('is refused when it is a whole disk', async () => {
    write('exercise.yaml', good);
    write('large.bin', 'x'.repeat(3 * 1024 * 1024));
    await expect(load()).rejects.toMatchObject({ code: 'exercise-too-large' });
  });
});

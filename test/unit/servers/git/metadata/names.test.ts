import { expect, test } from 'vitest';
import {
  checkOwnerName,
  checkRepositoryName,
  checkTreePath,
  isRefName,
} from '../../../../../src/servers/git/metadata/names.ts';

test.each(['main', 'feature/x', 'release-1.2', 'ünï', 'a@b', 'refs'])('"%s" can be a branch', (name) => {
  expect(isRefName(name)).toBe(true);
});

test.each([
  '',
  '@',
  '-x',
  'a..b',
  'a b',
  'a~1',
  'a^',
  'a:b',
  '/a',
  'a/',
  'a//b',
  '.a',
  'a/.b',
  'a.lock',
  'a.',
  'x@{1}',
  'a\\b',
  'a\nb',
])('"%s" can be no branch', (name) => {
  expect(isRefName(name)).toBe(false);
});

test.each(['..', 'a/b', '-a', 'a..b', '', 'api', 'x'.repeat(41), 'a\0b'])('"%s" can be no owner', (name) => {
  expect(() => {
    checkOwnerName(name);
  }).toThrow(/invalid|reserved/);
});

test.each(['..', '.', 'a/b', '', 'a.git', 'a b', 'x'.repeat(101)])('"%s" can be no repository', (name) => {
  expect(() => {
    checkRepositoryName(name);
  }).toThrow(/invalid|reserved/);
});

test.each(['..', 'a/../b', '.git/config', 'a/.GIT/x', 'a//b', 'a\nb', './a'])(
  '"%s" can be no file',
  (path) => {
    expect(() => checkTreePath(path)).toThrow(/malformed/);
  },
);

test('a path of a file loses the slashes around it', () => {
  expect(checkTreePath('/docs/a b.md')).toBe('docs/a b.md');
});

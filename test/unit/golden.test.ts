import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goldenFiles } from '../support/golden.ts';

const folder = join(import.meta.dirname, '..', 'golden');

function kept(): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

describe('the golden files (npm run golden writes them again)', () => {
  const files = goldenFiles();

  test('are those that are rendered, no more and no fewer', () => {
    expect(kept()).toEqual([...files.keys()].sort());
  });

  test.each([...files.keys()])('%s is not stale', (path) => {
    expect(files.get(path)).toBe(readFileSync(join(folder, path), 'utf8'));
  });
});

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isInside, readFileIfExists, writeFileAtomic } from '../../../src/lib/fs.ts';

describe('files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fs-'))));
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  });

  test('are replaced whole, readable by their owner alone, and leave no temporary file', async () => {
    const file = join(folder, 'state.json');
    writeFileSync(file, 'old');
    await writeFileAtomic(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  test('stay as they were when the new content cannot be written', async () => {
    const file = join(folder, 'missing', 'state.json');
    await expect(writeFileAtomic(file, 'new')).rejects.toThrow('ENOENT');
    expect(await readFileIfExists(file)).toBeUndefined();
  });

  test('lie inside a folder only when no path leads out of it', () => {
    expect(isInside('/a/b', 'c')).toBe(true);
    expect(isInside('/a/b', '/a/b/c')).toBe(true);
    expect(isInside('/a/b', 'c/../..')).toBe(false);
    expect(isInside('/a/b', '/a/bc')).toBe(false);
    expect(isInside('/a/b', '../b/c')).toBe(true);
  });
});

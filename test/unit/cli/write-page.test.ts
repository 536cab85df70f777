import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writePage } from '../../../src/cli/write-page.ts';

describe('a page that was asked for', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'page-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('is in the file that was named', async () => {
    await writePage(join(folder, 'report.html'), '<p>all');
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe('<p>all');
  });

  test.each([
    ['in a folder that does not exist', () => join(folder, 'none', 'report.html')],
    ['where a folder is', () => folder],
  ])('is refused %s, with the file and what to do', async (_where, file) => {
    await expect(writePage(file(), '')).rejects.toMatchObject({
      code: 'file-unwritable',
      message: expect.stringContaining(`cannot write ${file()}: `) as string,
      hint: expect.stringContaining('name a file in a folder that exists') as string,
    });
  });
});

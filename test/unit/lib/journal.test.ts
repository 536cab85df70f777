import type NodeFs from 'node:fs';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import fc from 'fast-check';
import { Journal, JournalCorrupt } from '../../../src/lib/journal.ts';

/** How many bytes the disk still takes. */
const disk = vi.hoisted(() => ({ room: Infinity }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof NodeFs>();
  const writeSync = (descriptor: number, bytes: Buffer, offset = 0) => {
    const part = Math.min(disk.room, bytes.length - offset);
    if (part === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    disk.room -= part;
    return fs.writeSync(descriptor, bytes, offset, part);
  };
  return { ...fs, writeSync };
});

describe('a journal', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    file = join(folder, 'log.jsonl');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('gives back what was appended, in order, after it was opened again', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        rmSync(file, { force: true });
        const { journal } = Journal.open(file);
        for (const value of values) journal.append(value);
        journal.close();
        const reopened = Journal.open(file);
        reopened.journal.close();
        expect(reopened.records).toEqual(values.map((value) => JSON.parse(JSON.stringify(value)) as unknown));
      }),
      { numRuns: 50 },
    );
  });

  test('cuts off a torn last line and goes on behind it', () => {
    const { journal } = Journal.open(file);
    journal.append({ n: 1 });
    journal.close();
    appendFileSync(file, '{"n":2');
    const second = Journal.open<{ n: number }>(file);
    expect(second.records).toEqual([{ n: 1 }]);
    second.journal.append({ n: 3 });
    second.journal.close();
    expect(readFileSync(file, 'utf8')).toBe('{"n":1}\n{"n":3}\n');
  });

  test('opens at its end without reading all, and goes on behind what is whole', () => {
    expect(Journal.openEnd(file).last).toBeUndefined();
    writeFileSync(file, '{"n":1}\n{"n":2}\n{"n":3');
    const { journal, last } = Journal.openEnd<{ n: number }>(file);
    expect(last).toEqual({ n: 2 });
    journal.append({ n: 4 });
    journal.close();
    expect(readFileSync(file, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":4}\n');
    writeFileSync(file, '{"n":1}\nrubbish\n');
    expect(() => Journal.openEnd(file)).toThrow(`${file} is damaged at line 2`);
  });

  test('refuses a log that is damaged before its end, and names the line', () => {
    writeFileSync(file, '{"n":1}\noops\n{"n":3}\n');
    expect(() => Journal.open(file)).toThrow(JournalCorrupt);
    expect(() => Journal.open(file)).toThrow(/line 2/);
  });

  test('holds only the new records after a rewrite, and takes further ones', () => {
    const { journal } = Journal.open<number>(file);
    for (let n = 0; n < 100; n += 1) journal.append(n);
    const before = journal.size;
    journal.rewrite([1, 2]);
    journal.append(3);
    journal.close();
    expect(journal.size).toBeLessThan(before);
    expect(Journal.open<number>(file).records).toEqual([1, 2, 3]);
  });

  test('takes back what it wrote of a record when the disk is full, and goes on when there is space', () => {
    const { journal } = Journal.open<{ n: number }>(file);
    journal.append({ n: 1 });
    for (const room of [0, 3]) {
      disk.room = room;
      expect(() => {
        journal.append({ n: 2 });
      }).toThrow(/disk is full/);
      journal.rewrite([{ n: 9 }]); // There is no room for that either: the old one stays.
      expect(readFileSync(file, 'utf8')).toBe('{"n":1}\n');
    }
    disk.room = Infinity;
    journal.append({ n: 3 });
    journal.close();
    expect(Journal.open(file).records).toEqual([{ n: 1 }, { n: 3 }]);
  });
});

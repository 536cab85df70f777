import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeTree } from '../../../../src/clients/git/loose.ts';
import { treeEntries } from '../../../../src/clients/git/tree-entries.ts';

const entry = fc.record({
  mode: fc.constantFrom('100644', '100755', '120000', '160000', '40000'),
  // Any bytes but those that end a name.
  name: fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .filter((bytes) => !bytes.includes(0))
    .map((bytes) => Buffer.from(bytes)),
  id: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
});

const entriesWithIds = fc.uniqueArray(entry, { selector: ({ name }) => name.toString('hex'), maxLength: 8 });

describe('the entries of a tree object', () => {
  test('are those that it was written with, whatever bytes their names have', () => {
    fc.assert(
      fc.property(entriesWithIds, (entries) => {
        const sorted = (all: Iterable<{ readonly name: Buffer }>) =>
          [...all].sort((a, b) => Buffer.compare(a.name, b.name));
        expect(sorted(treeEntries(encodeTree(entries)))).toEqual(sorted(entries));
      }),
    );
  });

  test('are told up to where it is damaged, and then that it is', () => {
    fc.assert(
      fc.property(entriesWithIds, fc.nat(), (entries, cut) => {
        const whole = encodeTree(entries);
        const length = cut % (whole.length + 1);
        const ends = new Set([0]);
        for (const { mode, name } of treeEntries(whole))
          ends.add(Math.max(...ends) + mode.length + name.length + 22);
        const read = () => [...treeEntries(whole.subarray(0, length))];
        if (ends.has(length)) expect(read).not.toThrow();
        else expect(read).toThrow('damaged');
      }),
    );
  });

  test('have ids of 32 bytes where the repository uses SHA-256', () => {
    const id = Buffer.alloc(32, 7);
    const tree = Buffer.concat([Buffer.from('100644 a\0'), id, Buffer.from('40000 b\0'), id]);
    expect([...treeEntries(tree, 32)].map(({ name }) => name.toString())).toEqual(['a', 'b']);
  });
});

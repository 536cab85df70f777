import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommentRecord } from '../../../../../src/servers/git/metadata/model.ts';
import { Store, type Change } from '../../../../../src/servers/git/metadata/store.ts';

const comment = (id: number, body: string): CommentRecord => ({
  id,
  body,
  repositoryId: 1,
  number: 1,
  userId: 1,
  created: '',
  updated: '',
});

describe('the metadata store', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'git-store-'));
    file = join(folder, 'metadata.jsonl');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('is the same after it was opened again, whatever was put and removed', () => {
    const change = fc.record({ id: fc.integer({ min: 1, max: 8 }), body: fc.option(fc.string()) });
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 })), (commits) => {
        rmSync(file, { force: true });
        const store = new Store(file);
        const model = new Map<number, string>();
        for (const changes of commits) {
          store.commit(
            ...changes.map(({ id, body }): Change => {
              if (body === null) {
                model.delete(id);
                return ['remove', 'comments', id];
              }
              model.set(id, body);
              return ['put', 'comments', comment(id, body)];
            }),
          );
        }
        store.close();
        const again = new Store(file);
        expect(new Map([...again.all('comments')].map(({ id, body }) => [id, body]))).toEqual(model);
        again.close();
      }),
      { numRuns: 50 },
    );
  });

  test('stays small however often records change, and never gives an id twice', () => {
    const store = new Store(file);
    const body = 'x'.repeat(10_000);
    let last = 0;
    for (let round = 0; round < 2000; round += 1) {
      const id = store.nextId();
      store.commit(['put', 'comments', comment(id, body)], ['remove', 'comments', last]);
      last = id;
    }
    store.commit(['remove', 'comments', last]);
    store.close();
    expect(statSync(file).size).toBeLessThan(5 * 1024 * 1024);
    const again = new Store(file);
    expect(again.nextId()).toBeGreaterThan(last - 1);
    again.close();
  });
});

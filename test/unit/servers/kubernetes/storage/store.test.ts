import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { carryRevision, compactStore, Store } from '../../../../../src/servers/kubernetes/storage/store.ts';

const type = { group: '', resource: 'configmaps' };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (store: Store, name: string) =>
  store.put(type, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });

test('a store that takes the place of a newer one gives revisions that nobody has seen, and forgets the old ones', () => {
  const [live, copy] = [join(folder, 'live'), join(folder, 'copy')];
  const first = new Store({ dataDir: live });
  write(first, 'a');
  first.close();
  cpSync(live, copy, { recursive: true });
  const later = new Store({ dataDir: live });
  for (const name of ['b', 'c', 'd']) write(later, name);
  const seen = later.revision;
  later.close();

  carryRevision(live, copy);
  const restored = new Store({ dataDir: copy });
  expect(restored.list(type).map(({ metadata }) => metadata.name)).toEqual(['a']);
  expect(restored.revision).toBeGreaterThan(seen);
  // A watch that knows the other one's last revision has to list again.
  expect(restored.changesSince(seen)).toBeUndefined();
  expect(Number(write(restored, 'e').metadata.resourceVersion)).toBeGreaterThan(seen);
  restored.close();
});

test('a store that is compacted is as it was, in less space', () => {
  const store = new Store({ dataDir: folder });
  for (let time = 0; time < 20; time += 1) write(store, 'a');
  store.remove(type, write(store, 'b'));
  const { revision } = store;
  const objects = store.list(type);
  store.close();
  const size = () => statSync(join(folder, 'cluster.jsonl')).size;
  const before = size();
  compactStore(folder);
  expect(size()).toBeLessThan(before / 5);
  const again = new Store({ dataDir: folder });
  expect([again.list(type), again.revision]).toEqual([objects, revision]);
  again.close();
});

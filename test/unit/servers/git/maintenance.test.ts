import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLog } from '../../../../src/lib/log.ts';
import { waitFor } from '../../../../src/lib/wait.ts';
import { Git } from '../../../../src/servers/git/repository/git.ts';
import { Maintenance } from '../../../../src/servers/git/repository/maintenance.ts';
import { Objects } from '../../../../src/servers/git/repository/objects.ts';
import { listRefs, readRef } from '../../../../src/servers/git/repository/refs.ts';
import { writeCommit } from '../../../../src/servers/git/repository/write.ts';

test('a repository that has changed often is packed, and everything in it is still found', async () => {
  const home = await mkdtemp(join(tmpdir(), 'git-maintenance-'));
  const folder = join(home, 'r.git');
  const git = new Git(home);
  const objects = new Objects(git);
  try {
    await git.run(['init', '--quiet', '--bare', folder]);
    const maintenance = new Maintenance(git, silentLog, { changes: 3, idle: 1 });
    const person = { name: 'Ada', email: 'ada@example.org' };
    const shas: string[] = [];
    for (const branch of ['a', 'b/c', 'd']) {
      const tree = [{ path: 'x', mode: '100644', content: Buffer.from(branch) }];
      const ref = `refs/heads/${branch}`;
      const signed = { message: branch, author: person, committer: person };
      shas.push(await writeCommit({ git, objects }, folder, { ref, parents: [], ...signed, tree }));
      // An open reader must see what was packed behind its back.
      expect((await objects.read(folder, `${ref}:x`))?.content.toString()).toBe(branch);
      maintenance.changed(folder);
    }
    await waitFor(
      async () => {
        const packs = await readdir(join(folder, 'objects', 'pack'));
        return packs.some((name) => name.endsWith('.pack')) &&
          (await readRef(folder, 'refs/heads/d')) !== undefined
          ? { done: true, value: undefined }
          : { done: false, seen: packs.join(' ') };
      },
      { what: 'a pack', limit: 10_000 },
    );
    expect((await listRefs(folder, 'refs/heads/')).map(({ sha }) => sha)).toEqual(shas);
    expect(await readRef(folder, 'refs/heads/b/c')).toBe(shas[1]);
    expect((await objects.read(folder, 'refs/heads/a:x'))?.content.toString()).toBe('a');
    maintenance.close();
  } finally {
    objects.close();
    await git.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
});

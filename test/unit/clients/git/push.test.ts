import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGitea } from '../../../../src/clients/gitea.ts';
import { packFirstCommit } from '../../../../src/clients/git/new-objects.ts';
import { readPack } from '../../../../src/clients/git/pack.ts';
import { NO_OBJECT, pushPack } from '../../../../src/clients/git/push.ts';
import { basicAuthorization } from '../../../../src/lib/http/auth.ts';
import { silentLog } from '../../../../src/lib/log.ts';
import { startGitServer, type GitServer } from '../../../../src/servers/git/server.ts';

const person = { username: 'ada', password: 'a long password', email: 'ada@example.com' };
const authorization = basicAuthorization(person.username, person.password);
const commitOf = (text: string) =>
  packFirstCommit({
    message: text,
    author: { name: 'Ada', email: person.email },
    date: new Date(0),
    files: [{ path: 'file', content: text }],
  });

let folder: string;
let server: GitServer;
let url: string;
let repository: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'push-'));
  server = await startGitServer({ dataDir: folder, port: 0, admin: person, log: silentLog });
  url = `http://127.0.0.1:${server.port}`;
  const gitea = createGitea({ url, auth: person });
  await gitea.createOrganization('crafts');
  await gitea.createRepository('crafts', { name: 'project', default_branch: 'main' });
  repository = `${url}/crafts/project.git`;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const references = async () => {
  const found = await createGitea({ url, auth: person }).listReferences('crafts', 'project');
  return Object.fromEntries(found.map(({ ref, object }) => [ref, object.sha]));
};

describe('a push without the program git', () => {
  it('creates, moves and deletes branches, and refuses one that is elsewhere', async () => {
    const one = commitOf('one');
    const two = commitOf('two');
    const main = 'refs/heads/main';
    await pushPack({
      url: repository,
      authorization,
      updates: [
        { ref: main, before: NO_OBJECT, after: one.revision },
        { ref: 'refs/heads/other', before: NO_OBJECT, after: one.revision },
      ],
      pack: one.pack,
    });
    expect(await references()).toEqual({ [main]: one.revision, 'refs/heads/other': one.revision });

    const late = { ref: main, before: two.revision, after: two.revision };
    await expect(
      pushPack({ url: repository, authorization, updates: [late], pack: two.pack }),
    ).rejects.toThrow(/refs\/heads\/main was refused/);

    await pushPack({
      url: repository,
      authorization,
      updates: [{ ref: main, before: one.revision, after: two.revision }],
      pack: two.pack,
    });
    await pushPack({
      url: repository,
      authorization,
      updates: [{ ref: 'refs/heads/other', before: one.revision, after: NO_OBJECT }],
    });
    expect(await references()).toEqual({ [main]: two.revision });
  });

  it('is refused with a wrong password, and when the pack is damaged', async () => {
    const { revision, pack } = commitOf('damaged');
    const updates = [{ ref: 'refs/heads/damaged', before: NO_OBJECT, after: revision }];
    const wrong = basicAuthorization(person.username, 'wrong');
    await expect(pushPack({ url: repository, authorization: wrong, updates, pack })).rejects.toThrow(/401/);
    const damaged = Buffer.from(pack);
    damaged.fill(0, 20, 30);
    await expect(pushPack({ url: repository, authorization, updates, pack: damaged })).rejects.toThrow(
      /could not unpack|refused/,
    );
    expect(await references()).not.toHaveProperty('refs/heads/damaged');
  });

  it('can give again what was fetched as a pack', async () => {
    const { revision, pack } = commitOf('kept');
    const kept = { ref: 'refs/heads/kept', before: NO_OBJECT, after: revision };
    await pushPack({ url: repository, authorization, updates: [kept], pack });
    const pieces: Buffer[] = [];
    for await (const piece of readPack({ url: repository, authorization, want: [revision], have: [] }))
      pieces.push(piece);
    await createGitea({ url, auth: person }).createRepository('crafts', { name: 'again' });
    await pushPack({
      url: `${url}/crafts/again.git`,
      authorization,
      updates: [kept],
      pack: Buffer.concat(pieces),
    });
    const branch = await createGitea({ url, auth: person }).findBranch('crafts', 'again', 'kept');
    expect(branch?.commit.id).toBe(revision);
  });
});

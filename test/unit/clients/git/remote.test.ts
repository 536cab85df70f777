import { afterAll, beforeAll, expect, test } from 'vitest';
import { RemoteRepository } from '../../../../src/clients/git/remote.ts';
import { hasStatus } from '../../../../src/clients/http.ts';
import { basicAuthorization } from '../../../../src/lib/http/auth.ts';
import { createDesk } from '../../../support/flow-git.ts';
import { gitTargets, type RunningGit } from '../../../support/git-targets.ts';

const at = ['playground', 'gitops'] as const;
const person = { name: 'Robin Rush', email: 'robin@example.com' };
const header = (message: string) => ({ author: person, committer: person, message, date: new Date() });
let server: RunningGit;
let desk: ReturnType<typeof createDesk>;

beforeAll(async () => {
  server = await gitTargets[0]!.start();
  desk = createDesk('gitea', { url: server.url, ...server.admin });
  await server.gitea.createOrganization('playground');
  await server.gitea.createRepository('playground', { name: 'gitops', auto_init: true });
  for (const path of ['staging.yaml', 'notes.md'])
    await desk.change(...at, { path, change: () => `${path}\n`, message: `Add ${path}` });
});
afterAll(() => server?.dispose());

function remote(name = 'gitops'): RemoteRepository {
  const { username, password } = server.admin;
  return new RemoteRepository(`${server.url}/playground/${name}.git`, basicAuthorization(username, password));
}

test('reads what is at a path of a branch, a tag and a commit', async () => {
  await desk.mark(...at, { annotated: ['v1'] });
  const repository = remote();
  const main = (await repository.commitOf('main'))!;
  expect(await repository.commitOf('v1')).toBe(main);
  expect(await remote().commitOf(main)).toBe(main);
  expect(await repository.commitOf('no/branch')).toBeUndefined();
  expect(await repository.commitOf('f'.repeat(40))).toBeUndefined();
  const root = repository.entry(main, '')!;
  expect(repository.entries(root.id).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'README.md file',
    'notes.md file',
    'staging.yaml file',
  ]);
  const notes = repository.entry(main, 'notes.md')!;
  expect(notes).toMatchObject({ kind: 'file', size: 9 });
  expect(repository.content(notes.id).toString()).toBe('notes.md\n');
  expect(repository.entry(main, 'notes.md/below')).toBeUndefined();
  expect(repository.entry(main, 'missing')).toBeUndefined();
});

test('commits changes in folders that are there and that are not, and what it wrote is what git reads', async () => {
  const repository = remote();
  const onto = (await repository.commitOf('main'))!;
  const changes = new Map([
    ['deep/down/a.txt', Buffer.from('a\n')],
    ['deep/b.txt', Buffer.from('b\n')],
    ['staging.yaml', Buffer.from('changed\n')],
    ['notes.md', undefined],
  ]);
  const commit = await repository.commit('main', onto, changes, header('Change four files\n'));
  const read = async (path: string) => (await server.gitea.readFile(...at, path, 'main')).toString();
  expect(await Promise.all(['deep/down/a.txt', 'deep/b.txt', 'staging.yaml'].map(read))).toEqual([
    'a\n',
    'b\n',
    'changed\n',
  ]);
  expect(await server.gitea.findFile(...at, 'notes.md', 'main')).toBeUndefined();
  const [newest] = await server.gitea.listCommits(...at, { sha: 'main', limit: 1 });
  expect(newest).toMatchObject({ sha: commit, commit: { message: 'Change four files\n', author: person } });

  const emptied = new Map([
    ['deep/down/a.txt', undefined],
    ['deep/b.txt', undefined],
  ]);
  const last = await repository.commit('main', commit, emptied, header('Take them away\n'));
  expect(repository.entry(last, 'deep')).toBeUndefined();
  expect((await server.gitea.listFolder(...at, '', 'main')).map(({ name }) => name)).toEqual([
    'README.md',
    'staging.yaml',
  ]);
});

test('fetches only what is new, also when others push meanwhile', async () => {
  const repository = remote();
  const before = (await repository.commitOf('main'))!;
  await desk.change(...at, { path: 'more.md', change: () => 'more\n', message: 'Add more' });
  const after = (await repository.commitOf('main'))!;
  expect(after).not.toBe(before);
  expect(repository.entry(after, 'more.md')).toMatchObject({ kind: 'file' });
  expect(repository.entry(before, 'more.md')).toBeUndefined();
  expect(repository.history(after, 2).map(({ id }) => id)).toEqual([after, before]);
});

test('does not push over what others have pushed', async () => {
  const repository = remote();
  const onto = (await repository.commitOf('main'))!;
  await desk.change(...at, { path: 'theirs.md', change: () => 'theirs\n', message: 'Be first' });
  const late = repository.commit(
    'main',
    onto,
    new Map([['mine.md', Buffer.from('mine\n')]]),
    header('Be late'),
  );
  await expect(late).rejects.toThrow(/refs\/heads\/main/);
});

test('says 404 where there is no repository', async () => {
  await expect(remote('nothing').commitOf('main')).rejects.toSatisfy((error) => hasStatus(error, 404));
});

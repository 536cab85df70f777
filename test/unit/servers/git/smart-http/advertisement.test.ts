import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Git } from '../../../../../src/servers/git/repository/git.ts';
import { Objects } from '../../../../../src/servers/git/repository/objects.ts';
import { Advertisements, type GitService } from '../../../../../src/servers/git/smart-http/advertisement.ts';
import { git as client } from '../support.ts';

let home: string;
let folder: string;
let git: Git;
let objects: Objects;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'git-advertisement-'));
  folder = join(home, 'r.git');
  git = new Git(home);
  objects = new Objects(git);
  await git.run(['init', '--quiet', '--bare', folder]);
});
afterEach(async () => {
  objects.close();
  await git.close();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

/** What git itself says. */
async function byGit(service: GitService): Promise<string> {
  const args = [service.slice('git-'.length), '--stateless-rpc', '--advertise-refs', folder];
  return inOrder((await git.run(args)).stdout.toString());
}
async function ours(service: GitService): Promise<string> {
  const text = (await new Advertisements(git, objects).of(folder, service, '')).toString();
  const head = `# service=${service}\n`;
  return inOrder(text.slice(head.length + 8));
}
/** The order of the capabilities means nothing. */
function inOrder(text: string): string {
  return text.replace(/\0(.*)\n/, (_all, words: string) => `\0${words.split(' ').sort().join(' ')}\n`);
}

const services = ['git-upload-pack', 'git-receive-pack'] as const;

test.each(services)('%s of an empty repository is advertised as git does it', async (service) => {
  expect(await ours(service)).toBe(await byGit(service));
});

test.each(services)('%s with branches, tags, pull requests and packed references too', async (service) => {
  const work = join(home, 'work');
  await client(home, 'clone', '--quiet', folder, work);
  await writeFile(join(work, 'a'), 'a');
  await client(work, 'add', '--all');
  await client(work, 'commit', '--quiet', '--message', 'one');
  await client(work, 'tag', 'light');
  await client(work, 'tag', '--annotate', '--message', 'annotated', 'v1.0.0');
  const targets = ['HEAD:refs/heads/main', 'HEAD:refs/heads/a/b', 'refs/tags/light', 'refs/tags/v1.0.0'];
  await client(work, 'push', '--quiet', 'origin', ...targets);
  await client(work, 'push', '--quiet', 'origin', 'HEAD:refs/pull/1/head');
  expect(await ours(service)).toBe(await byGit(service));
  await git.run(['--git-dir', folder, 'pack-refs', '--all']);
  await client(work, 'push', '--quiet', 'origin', 'HEAD:refs/heads/z');
  expect(await ours(service)).toBe(await byGit(service));
});

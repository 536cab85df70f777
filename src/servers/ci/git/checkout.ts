import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { git } from './git.ts';
import type { Mirror } from './mirror.ts';

export interface CheckoutRequest {
  readonly mirror: Mirror;
  readonly revision: string;
  /** Shown as `origin/<branch>`. */
  readonly branch: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Brings a folder to a commit, detached as Jenkins leaves it, with `origin` at the real remote. Objects are borrowed from the
 * mirror (`objects/info/alternates`), so that one git process does all.
 */
export async function checkoutInto(request: CheckoutRequest): Promise<void> {
  const { mirror, revision, branch, folder, env, signal } = request;
  const gitDir = join(folder, '.git');
  const alternates = join(gitDir, 'objects', 'info', 'alternates');
  const objects = `${join(mirror.folder, 'objects')}\n`;
  const borrowed = existsSync(gitDir) ? await readFile(alternates, 'utf8').catch(() => undefined) : undefined;
  if (borrowed !== objects) {
    // Another repository was here before; its files would be taken for changes of this one.
    if (existsSync(gitDir)) await rm(folder, { recursive: true, force: true });
    await mkdir(dirname(alternates), { recursive: true });
    await mkdir(join(gitDir, 'refs', 'heads'), { recursive: true });
    await writeFile(alternates, objects);
    await writeFile(join(gitDir, 'config'), configOf(mirror.remote));
    await writeFile(join(gitDir, 'HEAD'), `${revision}\n`);
  }
  // A build that was killed in the middle of a checkout leaves its lock.
  await rm(join(gitDir, 'index.lock'), { force: true });
  await track(join(gitDir, 'refs', 'remotes', 'origin'), branch, revision);
  await git(['checkout', '--quiet', '--force', '--detach', revision], { cwd: folder, env, signal });
}

async function track(remotes: string, branch: string, revision: string): Promise<void> {
  const ref = join(remotes, branch);
  const write = async () => {
    await mkdir(dirname(ref), { recursive: true });
    await writeFile(ref, `${revision}\n`);
  };
  await write().catch(async () => {
    // `a` and `a/b` cannot be branches at the same time: the older one is gone from the remote.
    await rm(remotes, { recursive: true, force: true });
    await write();
  });
}

function configOf(remote: string): string {
  const quoted = remote.replaceAll(/["\\]/g, '\\$&');
  return `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
[advice]
\tdetachedHead = false
[remote "origin"]
\turl = "${quoted}"
\tfetch = +refs/heads/*:refs/remotes/origin/*
`;
}

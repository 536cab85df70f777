import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { HttpError, callJson } from './http.mjs';

const mediaType = (name) => `application/vnd.scmm-${name}+json;v=2`;

/**
 * The GitOps repository on SCM-Manager, with the functions of gitea.mjs: files and commits by git itself, for SCM-Manager has
 * no request that changes several files at once; pull requests by its review plugin. `url` is what stands before
 * "owner/name" in the addresses of repositories.
 */
export function openRepository({ url, repository, username, password }) {
  const root = url.replace(/\/$/, '').replace(/\/repo$/, '');
  const authorization = username && `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const files = gitFiles(`${root}/repo/${repository}.git`, { authorization, username });
  const call = (method, where, body, type) =>
    callJson(method, `${root}/api/v2/${where}`, { authorization, body, ...(type ? { type: mediaType(type) } : {}) });
  const pulls = `pull-requests/${repository}`;
  const toPull = ({ id, source }) => ({
    number: Number(id),
    branch: source,
    url: `${root}/repo/${repository}/pull-request/${id}`,
  });
  /** Open pull requests, whose newest come first. */
  const open = async () => (await call('GET', `${pulls}?status=IN_PROGRESS&pageSize=1000`))._embedded?.pullRequests ?? [];

  return {
    ...files,
    async openPulls(prefix) {
      return (await open()).filter(({ source }) => source.startsWith(prefix)).map(toPull);
    },
    async openPull({ branch, base, title, body }) {
      await call('POST', pulls, { source: branch, target: base, title, description: body }, 'pullRequest');
      return toPull((await open()).find(({ source, target }) => source === branch && target === base));
    },
    async updatePull(number, { title, body }) {
      const pull = await call('GET', `${pulls}/${number}`);
      await call('PUT', `${pulls}/${number}`, { ...pull, title, description: body }, 'pullRequest');
      return toPull(pull);
    },
    async closePull({ number, branch }, comment) {
      await call('POST', `${pulls}/${number}/comments/`, { comment });
      await call('POST', `${pulls}/${number}/reject`);
      await files.deleteBranch(branch);
    },
  };
}

/** Files and commits of a repository by git, in a folder that is gone afterwards; only the newest commit is fetched. */
function gitFiles(remote, { authorization, username = 'ci' }) {
  /** By the environment, so that no list of processes shows the login. */
  const env = {
    ...process.env,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: authorization ? '1' : '0',
    GIT_CONFIG_KEY_0: `http.${new URL(remote).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
    ...identity('AUTHOR', username),
    ...identity('COMMITTER', username),
  };
  const git = (cwd, ...args) =>
    new Promise((resolve, reject) => {
      execFile('git', args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
        error ? reject(new Error(`git ${args[0]} of ${remote} failed: ${(stderr || error.message).trim()}`)) : resolve(stdout),
      );
    });

  async function withFolder(work) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'gitops-'));
    try {
      await git(folder, 'init', '--quiet');
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  const withBranch = (ref, work) =>
    withFolder(async (folder) => {
      await git(folder, 'fetch', '--quiet', '--depth=1', remote, `refs/heads/${ref}`);
      return work(folder);
    });

  return {
    async hasBranch(branch) {
      return (await git(os.tmpdir(), 'ls-remote', '--heads', remote, `refs/heads/${branch}`)) !== '';
    },
    async deleteBranch(branch) {
      if (!(await this.hasBranch(branch))) return;
      await withFolder((folder) => git(folder, 'push', '--quiet', remote, `:refs/heads/${branch}`));
    },
    async list(folder, ref) {
      return withBranch(ref, async (clone) => {
        const listed = await git(clone, 'ls-tree', '-r', '-z', '--full-tree', 'FETCH_HEAD', '--', `${folder}/`);
        const entries = listed.split('\0').flatMap((entry) => {
          const [, id, name] = /^\d+ blob (\S+)\t([^]*)$/.exec(entry) ?? [];
          return id === undefined ? [] : [[name.slice(folder.length + 1), id]];
        });
        return new Map(entries);
      });
    },
    async read(file, ref) {
      return withBranch(ref, (clone) => git(clone, 'cat-file', 'blob', `FETCH_HEAD:${file}`));
    },
    async commit({ branch, from, message, changes }) {
      return withBranch(from ?? branch, async (clone) => {
        await git(clone, 'checkout', '--quiet', '--detach', 'FETCH_HEAD');
        for (const { operation, path: file, content } of changes) {
          const target = path.join(clone, file);
          if (operation === 'delete') await rm(target, { force: true });
          else {
            await mkdir(path.dirname(target), { recursive: true });
            await writeFile(target, content);
          }
        }
        await git(clone, 'add', '--all');
        await git(clone, 'commit', '--quiet', '--message', message);
        await git(clone, 'push', '--quiet', remote, `HEAD:refs/heads/${branch}`).catch(explainPush);
        return (await git(clone, 'rev-parse', 'HEAD')).trim();
      });
    },
  };
}

const identity = (role, name) => ({ [`GIT_${role}_NAME`]: name, [`GIT_${role}_EMAIL`]: `${name}@example.com` });

/** A push that is refused because the branch has moved is told as the servers with a request of their own tell it. */
function explainPush(error) {
  if (!/\[rejected\]|fetch first|non-fast-forward|cannot lock ref/.test(error.message)) throw error;
  throw new HttpError('git', 'push', 409, error.message);
}

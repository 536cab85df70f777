import { callJson, callText, undefinedIfMissing } from './http.mjs';

/**
 * The GitOps repository by the REST API of Gitea and Forgejo: files, commits and pull requests, without a clone.
 * Another Git server needs another file with the same functions, as scm-manager.mjs is one. `url` is the address of the
 * server, `repository` is "owner/name".
 */
export function openRepository({ url, repository, username, password }) {
  const base = `${url.replace(/\/$/, '')}/api/v1/repos/${repository}`;
  const authorization = username && `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const call = (method, path, body) => callJson(method, `${base}${path}`, { authorization, body });
  const at = (path, ref) => `${path.split('/').map(encodeURIComponent).join('/')}?ref=${encodeURIComponent(ref)}`;

  return {
    /** The files below a folder by their name in it, each with the id of its content; none when it does not exist. */
    async list(folder, ref) {
      const entries = (await call('GET', `/contents/${at(folder, ref)}`).catch(undefinedIfMissing)) ?? [];
      const files = new Map();
      for (const { type, path, sha } of entries) {
        if (type === 'file') files.set(path.slice(folder.length + 1), sha);
        if (type !== 'dir') continue;
        for (const [name, id] of await this.list(path, ref)) files.set(`${path.slice(folder.length + 1)}/${name}`, id);
      }
      return files;
    },
    async read(path, ref) {
      return callText('GET', `${base}/raw/${at(path, ref)}`, { authorization });
    },
    async hasBranch(branch) {
      return (await call('GET', `/branches/${encodeURIComponent(branch)}`).catch(undefinedIfMissing)) !== undefined;
    },
    /**
     * One commit with all changes, `{ operation: create|update|delete, path, content, sha }`, on `branch`; with `from`
     * the branch is new and begins there. `sha` is what the file was: the server refuses when it has changed since.
     */
    async commit({ branch, from, message, changes }) {
      const files = changes.map(({ content, ...change }) =>
        content === undefined ? change : { ...change, content: Buffer.from(content).toString('base64') },
      );
      const place = from === undefined ? { branch } : { branch: from, new_branch: branch };
      return (await call('POST', '/contents', { ...place, message, files })).commit.sha;
    },
    /** Open pull requests whose branch begins with the prefix, as `{ number, branch, url }`. */
    async openPulls(prefix) {
      const found = [];
      for (let page = 1; ; page++) {
        const pulls = await call('GET', `/pulls?state=open&limit=50&page=${page}`);
        found.push(...pulls.map(fromGitea).filter(({ branch }) => branch.startsWith(prefix)));
        if (pulls.length < 50) return found;
      }
    },
    async openPull({ branch, base: into, title, body }) {
      return fromGitea(await call('POST', '/pulls', { head: branch, base: into, title, body }));
    },
    async updatePull(number, { title, body }) {
      return fromGitea(await call('PATCH', `/pulls/${number}`, { title, body }));
    },
    /** Closes a pull request without merging it, says why, and removes its branch. */
    async closePull({ number, branch }, comment) {
      await call('POST', `/issues/${number}/comments`, { body: comment });
      await call('PATCH', `/pulls/${number}`, { state: 'closed' });
      await call('DELETE', `/branches/${encodeURIComponent(branch)}`).catch(undefinedIfMissing);
    },
  };
}

function fromGitea({ number, html_url, head }) {
  return { number, branch: head.ref, url: html_url };
}

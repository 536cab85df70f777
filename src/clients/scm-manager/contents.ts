import type { FileOperation } from '../gitea-types.ts';
import type { GitContents, GitServer } from '../git-server.ts';
import { encodePath, HttpStatusError } from '../http.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Place } from './place.ts';

const types = { file: 'file', folder: 'dir', link: 'symlink', module: 'submodule' } as const;

/**
 * Files, by git itself: the REST API neither tells the ids of their contents nor changes them (that takes a plugin more).
 * What is not there answers 404, and a change of what has changed meanwhile 409, as an HttpStatusError like any other.
 */
export function contents(
  place: Place,
): Pick<GitServer, 'findFile' | 'listFolder' | 'readFile' | 'changeFiles' | 'updateFile'> {
  const { root, remote, repositoryUrl, person } = place;

  async function look(owner: string, name: string, path: string, ref: string) {
    const repository = remote(owner, name);
    const commit = await repository.commitOf(ref);
    const clean = path
      .split('/')
      .filter((part) => part !== '')
      .join('/');
    const entry = commit === undefined ? undefined : repository.entry(commit, clean);
    return { repository, entry, clean };
  }
  const toContents = (
    [owner, name, ref]: readonly [string, string, string],
    path: string,
    { name: fileName, kind, id, size }: { name: string; kind: keyof typeof types; id: string; size: number },
    content?: Buffer,
  ): GitContents => ({
    ...{ name: fileName, path, type: types[kind], sha: id, size },
    encoding: content === undefined ? null : 'base64',
    content: content?.toString('base64') ?? null,
    html_url: `${root}/repo/${owner}/${name}/code/sources/${encodeURIComponent(ref)}/${encodePath(path)}/`,
  });
  /** A file answers for itself, a folder with its entries; undefined when nothing is there. */
  const find = async (owner: string, name: string, path: string, ref = 'main') => {
    const { repository, entry, clean } = await look(owner, name, path, ref);
    const at = [owner, name, ref] as const;
    if (entry === undefined) return undefined;
    if (entry.kind !== 'folder')
      return toContents(at, clean, entry, entry.kind === 'module' ? undefined : repository.content(entry.id));
    return repository
      .entries(entry.id)
      .map((each) => toContents(at, clean === '' ? each.name : `${clean}/${each.name}`, each));
  };

  const change: GitServer['changeFiles'] = async (owner, name, files, options = {}) => {
    const { branch = 'main', author = person, committer = author, message = 'Change files' } = options;
    const repository = remote(owner, name);
    const onto = await repository.commitOf(branch);
    if (onto === undefined) throw notThere(repositoryUrl(owner, name), branch);
    for (const file of files) {
      const present = repository.entry(onto, file.path);
      const expected = file.operation === 'create' ? undefined : file.sha;
      if (present?.id !== expected) throw movedOn(repositoryUrl(owner, name), file.path);
    }
    const wanted = new Map(files.map((file) => [file.path, contentOf(file)]));
    const header = { author, committer, message, date: new Date() };
    const sha = await repository.commit(branch, onto, wanted, header).catch(async (error: unknown) => {
      const now = await repository.commitOf(branch);
      throw now === onto ? error : movedOn(repositoryUrl(owner, name), branch, messageOf(error));
    });
    return { commit: { sha } };
  };

  return {
    findFile: async (owner, name, path, ref) =>
      (await find(owner, name, path, ref)) as GitContents | undefined,
    listFolder: async (owner, name, path, ref) => {
      const found = await find(owner, name, path, ref);
      if (found === undefined) throw notThere(repositoryUrl(owner, name), path);
      return found as GitContents[];
    },
    readFile: async (owner, name, path, ref = 'main') => {
      const { repository, entry } = await look(owner, name, path, ref);
      if (entry === undefined || entry.kind === 'folder' || entry.kind === 'module')
        throw notThere(repositoryUrl(owner, name), path);
      return repository.content(entry.id);
    },
    changeFiles: change,
    updateFile: async (owner, name, path, content, sha, options) => {
      const encoded = Buffer.from(content).toString('base64');
      return change(owner, name, [{ operation: 'update', path, content: encoded, sha }], options);
    },
  };
}

function contentOf(file: FileOperation): Buffer | undefined {
  return file.operation === 'delete' ? undefined : Buffer.from(file.content, 'base64');
}

/** As a server says that there is no such thing. */
export function notThere(url: string, what: string): HttpStatusError {
  return new HttpStatusError('GET', url, 404, {}, `there is no "${what}"`);
}

function movedOn(url: string, what: string, why = 'somebody has changed it meanwhile'): HttpStatusError {
  return new HttpStatusError('POST', url, 409, {}, `"${what}" is not as it was: ${why}`);
}

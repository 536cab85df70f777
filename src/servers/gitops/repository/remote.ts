import got, { type Response } from 'got';
import { gitAgent } from '../../../clients/git/agent.ts';
import { basicAuthorization } from '../../../lib/http/auth.ts';
import { messageOf } from '../../../lib/errors.ts';
import { run } from '../../../lib/process.ts';

export interface RepositoryCredentials {
  readonly username: string;
  readonly password: string;
}

/** Why a repository, revision or path cannot be read; the message says what to change. */
export class RepositoryError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RepositoryError';
  }
}

/** What a repository offers: every ref's commit, and the name of the default branch. */
export interface Refs {
  /** By full name, `refs/heads/main`; tags are peeled to their commits. */
  readonly commits: ReadonlyMap<string, string>;
  /** The commit of HEAD; undefined in an empty repository. */
  readonly head: string | undefined;
}

/** Schemes that git may use; the others can run programs. */
export const ALLOWED_PROTOCOLS = ['http', 'https', 'ssh', 'git', 'file'];
const TIMEOUT = 15_000;

/** @throws RepositoryError for addresses that git should never see. */
export function checkRepoUrl(url: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  const scpLike = /^[\w.-]+@[\w.-]+:[^:]/.test(url);
  const control = [...url].some((character) => character < ' ');
  if (control || !(scpLike || (scheme !== undefined && ALLOWED_PROTOCOLS.includes(scheme)))) {
    throw new RepositoryError(
      `"${url}" is no repository URL: set spec.source.repoURL to an http(s), ssh, git or file URL`,
    );
  }
}

/** Asks a repository for its refs: one HTTP request where it speaks HTTP, else `git ls-remote`. */
export async function listRemote(
  url: string,
  credentials: RepositoryCredentials | undefined,
  env: Record<string, string>,
): Promise<Refs> {
  if (!/^https?:/i.test(url)) return listByGit(url, env);
  const response = await ask(url, credentials);
  if (response.statusCode === 200) {
    const isSmart = (response.headers['content-type'] ?? '').includes('git-upload-pack-advertisement');
    return isSmart ? parseAdvertisement(response.rawBody) : listByGit(url, env);
  }
  throw explainStatus(url, response.statusCode, credentials !== undefined);
}

async function ask(url: string, credentials: RepositoryCredentials | undefined): Promise<Response<Buffer>> {
  try {
    return await got(`${url.replace(/\/+$/, '')}/info/refs?service=git-upload-pack`, {
      responseType: 'buffer',
      throwHttpErrors: false,
      retry: { limit: 0 },
      timeout: { request: TIMEOUT },
      headers: {
        'user-agent': gitAgent(),
        ...(credentials === undefined
          ? {}
          : { authorization: basicAuthorization(credentials.username, credentials.password) }),
      },
    });
  } catch (error) {
    throw new RepositoryError(
      `repository ${url} cannot be reached: ${messageOf(error)}; is the Git server up, and spec.source.repoURL right?`,
      { cause: error },
    );
  }
}

function explainStatus(url: string, status: number, withCredentials: boolean): RepositoryError {
  switch (status) {
    case 401:
    case 403:
      return new RepositoryError(
        `repository ${url} asks for a login${withCredentials ? ' and refuses the one it was given' : ''}: ` +
          'put username and password in a Secret with the label argocd.argoproj.io/secret-type: repository and this url',
      );
    case 404:
      return new RepositoryError(
        `repository not found: ${url} (HTTP 404); correct spec.source.repoURL, or create the repository`,
      );
    default:
      return new RepositoryError(`repository ${url} answered with HTTP status ${status}`);
  }
}

/** Reads the ref advertisement of the smart HTTP protocol (gitprotocol-http, "Smart Server Response"). */
export function parseAdvertisement(body: Buffer): Refs {
  const commits = new Map<string, string>();
  let head: string | undefined;
  let index = 0;
  while (index + 4 <= body.length) {
    const length = Number.parseInt(body.toString('latin1', index, index + 4), 16);
    if (Number.isNaN(length)) break;
    if (length < 4) {
      index += 4;
      continue;
    }
    const line = body.toString('utf8', index + 4, index + length).replace(/\n$/, '');
    index += length;
    const match = /^([0-9a-f]{40,64}) ([^\0]+)/.exec(line);
    if (match === null) continue;
    head = addRef(commits, match[1] ?? '', match[2] ?? '') ?? head;
  }
  return { commits, head };
}

async function listByGit(url: string, env: Record<string, string>): Promise<Refs> {
  const result = await run('git', ['ls-remote', '-q', '--', url], { env, timeout: TIMEOUT });
  if (result.exitCode !== 0) throw explainGit(url, result.stderr);
  const commits = new Map<string, string>();
  let head: string | undefined;
  for (const line of result.stdout.split('\n')) {
    const [id = '', name = ''] = line.split('\t');
    if (name !== '') head = addRef(commits, id, name) ?? head;
  }
  return { commits, head };
}

/** Adds a line of refs; gives the commit when it is HEAD's. */
function addRef(commits: Map<string, string>, id: string, name: string): string | undefined {
  if (/^0+$/.test(id)) return undefined;
  if (name === 'HEAD') return id;
  // The line `refs/tags/v1^{}` follows the tag's own and names the commit.
  commits.set(name.replace(/\^\{\}$/, ''), id);
  return undefined;
}

/** An error of the git program, in words that help. */
export function explainGit(url: string, stderr: string): RepositoryError {
  const reason =
    stderr
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^(fatal|error|remote):/.test(line))
      .at(0) ??
    stderr.trim().split('\n').at(-1) ??
    '';
  if (/not found|does not exist|does not appear to be a git repository/i.test(stderr)) {
    return new RepositoryError(
      `repository not found: ${url} (${reason}); correct spec.source.repoURL, or create the repository`,
    );
  }
  return new RepositoryError(`repository ${url} cannot be read: ${reason}`);
}

import { RemoteRepository } from '../git/remote.ts';

/** Where an SCM-Manager is, and its repositories as git reaches them. */
export interface Place {
  /** Of the server with its context path, without a slash at the end. */
  readonly root: string;
  /** Value of the Authorization header. */
  readonly authorization: string;
  /** Who logs in: of them is a commit that names nobody else. */
  readonly person: { readonly name: string; readonly email: string };
  readonly repositoryUrl: (owner: string, name: string) => string;
  /** The same one whenever it is asked for, so that nothing is fetched twice. */
  readonly remote: (owner: string, name: string) => RemoteRepository;
}

export function placeAt(root: string, authorization: string, username: string): Place {
  const remotes = new Map<string, RemoteRepository>();
  const repositoryUrl = (owner: string, name: string) =>
    `${root}/repo/${encodeURIComponent(owner)}/${encodeURIComponent(name)}.git`;
  return {
    root,
    authorization,
    person: { name: username, email: `${username}@example.com` },
    repositoryUrl,
    remote: (owner, name) => {
      const url = repositoryUrl(owner, name);
      const known = remotes.get(url) ?? new RemoteRepository(url, authorization);
      remotes.set(url, known);
      return known;
    },
  };
}

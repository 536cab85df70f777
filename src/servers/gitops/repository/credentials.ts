import { at, type Manifest } from '../objects.ts';
import { normalizeRepoUrl } from '../projects.ts';
import type { RepositoryCredentials } from './remote.ts';

/** Label of the Secrets that hold logins: `repository` for one repository, `repo-creds` for all below a URL. */
const SECRET_TYPE_LABEL = 'argocd.argoproj.io/secret-type';

/** Whether a Secret is one of those that may hold a login. */
export function isRepositorySecret(secret: Manifest, namespace: string): boolean {
  const type = secret.metadata.labels?.[SECRET_TYPE_LABEL];
  return secret.metadata.namespace === namespace && (type === 'repository' || type === 'repo-creds');
}

/** The login for a repository from the cluster's Secrets; the exact repository wins, then the longest prefix. */
export function credentialsFor(url: string, secrets: readonly Manifest[]): RepositoryCredentials | undefined {
  const wanted = normalizeRepoUrl(url);
  let best: { readonly login: RepositoryCredentials; readonly weight: number } | undefined;
  for (const secret of secrets) {
    const type = secret.metadata.labels?.[SECRET_TYPE_LABEL];
    const own = normalizeRepoUrl(decode(secret, 'url'));
    if (own === '') continue;
    const weight =
      type === 'repository' && own === wanted
        ? Number.MAX_SAFE_INTEGER
        : type === 'repo-creds' && (wanted === own || wanted.startsWith(`${own}/`))
          ? own.length
          : 0;
    const password = decode(secret, 'password');
    const username = decode(secret, 'username');
    if (weight > (best?.weight ?? 0) && (password !== '' || username !== '')) {
      best = { login: { username, password }, weight };
    }
  }
  return best?.login;
}

function decode(secret: Manifest, field: string): string {
  const data = at(secret['data'], field);
  if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8');
  const plain = at(secret['stringData'], field);
  return typeof plain === 'string' ? plain : '';
}

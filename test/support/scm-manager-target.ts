import { connectGitServer } from '../../src/clients/git-server.ts';
import { createHttp, type Http } from '../../src/clients/http.ts';
import { basicAuthorization } from '../../src/lib/http/auth.ts';
import { createDesk, type FlowGitTarget } from './flow-git.ts';

interface Listed {
  readonly _embedded: Readonly<
    Record<string, readonly { readonly name: string; readonly namespace?: string }[]>
  >;
}

/**
 * An SCM-Manager that was started for these tests alone: everything on it but its plugins is deleted. Where they are not
 * installed, its plugin center has to have them (`PUT /api/v2/config` with `pluginUrl`).
 */
export function realScmManager(url: string): FlowGitTarget {
  const admin = {
    username: process.env.PLAYGROUND_SCM_MANAGER_USERNAME ?? 'developer',
    password: process.env.PLAYGROUND_SCM_MANAGER_PASSWORD ?? '',
  };
  const http = createHttp({
    baseUrl: `${url}/api/v2`,
    authorization: basicAuthorization(admin.username, admin.password),
    accept: '*/*',
  });
  return {
    name: `the SCM-Manager at ${url}`,
    async start() {
      await clear(http, admin.username);
      const api = connectGitServer('scm-manager', { url, ...admin });
      return {
        ...{ server: 'scm-manager', url, admin, api },
        ...createDesk('scm-manager', { url, ...admin }),
        async propose(organization, repository, { head, title }) {
          await http.request('POST', `pull-requests/${organization}/${repository}`, {
            headers: { 'content-type': 'application/vnd.scmm-pullRequest+json;v=2' },
            body: JSON.stringify({ source: head, target: 'main', title }),
          });
          const pulls = await api.listPulls(organization, repository, 'open');
          return pulls.find((pull) => pull.head.ref === head)?.number ?? 0;
        },
        dispose: () => clear(http, admin.username),
      };
    },
  };
}

async function clear(http: Http, administrator: string): Promise<void> {
  const list = async (what: string) =>
    (await http.json<Listed>('GET', what, { query: { pageSize: 1000 } }))._embedded[what] ?? [];
  for (const { namespace, name } of await list('repositories'))
    await http.request('DELETE', `repositories/${namespace ?? ''}/${name}`);
  for (const { name } of await list('users'))
    if (name !== administrator) await http.request('DELETE', `users/${name}`);
}

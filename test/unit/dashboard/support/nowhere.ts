import { loadConfig } from '../../../../src/config/load.ts';
import { connect, type Playground } from '../../../../src/flow/playground.ts';

export const login = { username: 'anna', password: 'correct-horse' };
export const webhookSecret = 'hook-secret';

/** A playground none of whose parts answers. */
export async function playgroundNowhere(): Promise<Playground> {
  const nowhere = { url: 'http://127.0.0.1:9', clusterUrl: 'http://127.0.0.1:9' };
  return connect(await loadConfig(undefined, { name: 'class' }), {
    dashboard: nowhere,
    git: { ...nowhere, ...login },
    ci: { ...nowhere, ...login },
    gitops: { ...nowhere, webhookSecret },
    registry: { host: '127.0.0.1:9', clusterHost: '127.0.0.1:9' },
    kubernetes: { kubeconfig: '/nowhere', context: 'nowhere', clusterUrl: nowhere.url },
    ingress: { port: 9 },
  });
}

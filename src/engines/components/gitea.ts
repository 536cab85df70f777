import { addonsOf } from '../../config/addons.ts';
import type { Component, ComponentSettings } from './component.ts';
import { exposed, hostOf, resources, secret } from './exposed.ts';
import { imageDigest, imagePin, imageTag } from './pins.ts';

const adminSecret = 'gitea-admin';
const port = 3000;

/** Gitea by its chart: one pod with SQLite, without the databases and caches that the chart brings for larger teams. */
export const gitea: Component = {
  id: 'git',
  title: 'Gitea',
  needs: [],
  namespace: 'gitea',
  before: ({ endpoints }) => [
    secret(adminSecret, { username: endpoints.git.username, password: endpoints.git.password }),
  ],
  chart: { name: 'gitea', release: 'gitea', values },
  service: { name: 'gitea-http', port },
  images: () => [imagePin('gitea')],
  ready: { workloads: [{ kind: 'Deployment', name: 'gitea' }], path: '/api/healthz' },
  memory: { mebibytes: 256, measured: false },
};

/** Keys as in the chart's documented values; those below `gitea.config` are sections and keys of Gitea's app.ini. */
function values(settings: ComponentSettings) {
  const { clusterUrl } = settings.endpoints.git;
  return {
    image: { tag: imageTag('gitea').replace(/-rootless$/, ''), rootless: true, ...digest() },
    replicaCount: 1,
    // SQLite and the volume take one writer.
    strategy: { type: 'Recreate' },
    service: { http: { ...exposed(settings, 'git'), port, clusterIP: '' } },
    resources: resources('50m', '256Mi', '512Mi'),
    initContainers: { resources: resources('20m', '64Mi', '256Mi') },
    // The chart would leave the volume behind when its release is removed.
    persistence: { size: '2Gi', annotations: { 'helm.sh/resource-policy': null } },
    test: { enabled: false },
    gitea: {
      admin: {
        existingSecret: adminSecret,
        email: `${settings.endpoints.git.username}@example.com`,
        passwordMode: 'keepUpdated',
      },
      metrics: { enabled: addonsOf(settings.config).includes('monitoring') },
      readinessProbe: { initialDelaySeconds: 2, periodSeconds: 2 },
      config: {
        APP_NAME: 'gitops-playground',
        server: {
          // Argo CD matches the payload of a push by this host and path against repoURL; Jenkins does, too. So payloads always
          // carry the address that is seen in the cluster, also when a person merges in the browser.
          ROOT_URL: `${clusterUrl}/`,
          DOMAIN: hostOf(clusterUrl),
          PUBLIC_URL_DETECTION: 'never',
          HTTP_PORT: port,
          DISABLE_SSH: true,
          OFFLINE_MODE: true,
          LANDING_PAGE: 'explore',
        },
        database: { DB_TYPE: 'sqlite3' },
        session: { PROVIDER: 'memory' },
        cache: { ADAPTER: 'memory' },
        queue: { TYPE: 'level' },
        service: { DISABLE_REGISTRATION: true },
        // Without it Gitea calls no address of a private network, which all Services are.
        webhook: { ALLOWED_HOST_LIST: 'private,*.svc.cluster.local' },
        repository: { DEFAULT_BRANCH: 'main' },
        actions: { ENABLED: false },
        'cron.update_checker': { ENABLED: false },
      },
    },
    'postgresql-ha': { enabled: false },
    postgresql: { enabled: false },
    'valkey-cluster': { enabled: false },
    valkey: { enabled: false },
  };
}

/** The chart writes it behind the tag. */
function digest(): { readonly digest?: string } {
  const known = imageDigest('gitea');
  return known === undefined ? {} : { digest: known };
}

import { encodeBase64, hashSync } from 'bcryptjs';
import { createHmac } from 'node:crypto';
import type { KubeObject } from '../../clients/kubernetes.ts';
import { addonsOf } from '../../config/addons.ts';
import { argocdNamespace, ciUser, registryServiceHost } from '../../config/names.ts';
import { machinePassword } from '../../lib/secrets.ts';
import type { Component, ComponentSecrets, ComponentSettings } from './component.ts';
import { exposed, resources, secret } from './exposed.ts';
import { imagePin, pinnedTag } from './pins.ts';

const port = 80;

/** Argo CD by its chart, without what a laptop does not need: single sign-on, notifications, generated Applications. */
export const argocd: Component = {
  id: 'gitops',
  title: 'Argo CD',
  needs: [],
  namespace: argocdNamespace,
  chart: { name: 'argo-cd', release: 'argocd', values },
  manifests: repositoryCredentials,
  service: { name: 'argocd-server', port },
  images: () => [imagePin('argocd'), imagePin('argocd-redis')],
  ready: {
    workloads: [
      { kind: 'StatefulSet', name: 'argocd-application-controller' },
      { kind: 'Deployment', name: 'argocd-repo-server' },
      { kind: 'Deployment', name: 'argocd-server' },
      { kind: 'Deployment', name: 'argocd-redis' },
    ],
    path: '/healthz',
  },
  memory: { mebibytes: 448, measured: false },
};

/** `configs.cm`, `configs.params` and `configs.secret` become argocd-cm, argocd-cmd-params-cm and argocd-secret. */
function values(settings: ComponentSettings) {
  const { config, secrets } = settings;
  const metrics = { metrics: { enabled: addonsOf(config).includes('monitoring') } };
  const { type, ...nodePort } = exposed(settings, 'gitops');
  const service =
    'nodePort' in nodePort
      ? // The chart's own number for HTTPS is none of the cluster's NodePorts; zero leaves the choice to the cluster.
        { type, nodePortHttp: nodePort.nodePort, nodePortHttps: 0 }
      : { type };
  return {
    fullnameOverride: 'argocd',
    global: { image: { tag: pinnedTag('argocd') } },
    crds: { keep: false },
    configs: {
      cm: {
        'timeout.reconciliation': `${config.reconcileSeconds}s`,
        'timeout.reconciliation.jitter': '0s',
        'application.resourceTrackingMethod': 'annotation',
        url: settings.endpoints.gitops.url,
        ...ingressHealth(settings),
        ...claimTemplates,
      },
      // TLS would end here; what reaches this Service comes from the laptop's loopback or from inside the cluster.
      params: {
        'server.insecure': true,
        'controller.status.processors': 5,
        'controller.operation.processors': 3,
        // Argo CD 3 keeps the health of each object to itself unless told; status, trace and dashboard read it from there.
        'controller.resource.health.persist': true,
      },
      secret: {
        argocdServerAdminPassword: bcrypt(secrets),
        // Without a time the chart takes that of its rendering, which ends all sessions with every upgrade.
        argocdServerAdminPasswordMtime: '2026-01-01T00:00:00Z',
        // Gitea sends the headers of Gogs beside its own, and Argo CD looks at those first.
        gogsSecret: secrets.webhookSecret,
      },
    },
    dex: { enabled: false },
    notifications: { enabled: false },
    applicationSet: { replicas: 0 },
    server: { service: { ...service, servicePortHttp: port }, resources: resources('20m', '64Mi', '256Mi') },
    controller: { ...metrics, resources: resources('100m', '256Mi', '768Mi') },
    repoServer: { ...metrics, resources: resources('20m', '96Mi', '512Mi') },
    redis: { image: { tag: pinnedTag('argocd-redis') }, resources: resources('10m', '32Mi', '128Mi') },
  };
}

/**
 * Argo CD waits for the address that an ingress controller writes into an Ingress. A cluster that is there already may have no
 * controller, or one that writes none; stages answer at their NodePort all the same.
 */
function ingressHealth({ platform }: ComponentSettings): Readonly<Record<string, string>> {
  if (platform === 'k3d') return {};
  return {
    'resource.customizations.health.networking.k8s.io_Ingress': 'return { status = "Healthy" }\n',
  };
}

/**
 * The API server fills in what the templates of a StatefulSet's volume claims are, which no chart writes. Argo CD's prediction of a
 * server-side apply lacks both, so that the application would be out of sync for good.
 */
const claimTemplates = {
  'resource.customizations.ignoreDifferences.apps_StatefulSet':
    'jqPathExpressions:\n  - .spec.volumeClaimTemplates[]?.apiVersion\n  - .spec.volumeClaimTemplates[]?.kind\n',
};

/** What Argo CD has to know to read from the Git server and from the registry, as credential templates (secret-type `repo-creds`). */
function repositoryCredentials({ endpoints, config }: ComponentSettings): KubeObject[] {
  const { clusterUrl, password } = endpoints.git;
  const login = {
    type: 'git',
    url: clusterUrl,
    username: ciUser,
    password: machinePassword(password, ciUser),
  };
  // Charts that a bundle has brought are in the playground's registry, which speaks plain HTTP inside the cluster.
  const charts = { type: 'oci', url: `oci://${registryServiceHost}`, insecureOCIForceHttp: 'true' };
  const template = { 'argocd.argoproj.io/secret-type': 'repo-creds' };
  return [
    secret('git-server', login, template),
    ...(config.bundle === undefined ? [] : [secret('bundled-charts', charts, template)]),
  ];
}

/** The administrator's password as Argo CD keeps it. Its salt follows from the seed, so that the same settings give the same text. */
function bcrypt({ password, seed }: ComponentSecrets): string {
  const salt = createHmac('sha256', seed).update('argocd-admin').digest().subarray(0, 16);
  return hashSync(password, `$2a$10$${encodeBase64([...salt], 16)}`);
}

import type { KubeObject } from '../../clients/kubernetes.ts';
import { ciUser, fluxNamespace } from '../../config/names.ts';
import { machinePassword } from '../../lib/secrets.ts';
import type { Component, ComponentSettings } from './component.ts';
import { exposed, resources, secret } from './exposed.ts';
import { imagePin, pinnedTag } from './pins.ts';

const port = 80;

/** Flux by the community's chart: the controllers that pull, apply and listen, without those for Helm and image automation. */
export const flux: Component = {
  id: 'gitops',
  title: 'Flux',
  needs: [],
  namespace: fluxNamespace,
  before: ({ endpoints, secrets }) => [
    secret('git-server', { username: ciUser, password: machinePassword(endpoints.git.password, ciUser) }),
    secret('webhook', { token: secrets.webhookSecret }),
  ],
  chart: { name: 'flux2', release: 'flux', values },
  manifests: (settings) => [receiverService(settings)],
  service: { name: 'receiver', port },
  images: () => (['flux-cli', 'flux-source', 'flux-kustomize', 'flux-notification'] as const).map(imagePin),
  ready: {
    workloads: ['source-controller', 'kustomize-controller', 'notification-controller'].map((name) => ({
      kind: 'Deployment',
      name,
    })),
  },
  memory: { mebibytes: 192, measured: false },
};

function values() {
  const small = resources('20m', '64Mi', '256Mi');
  return {
    installCRDs: true,
    // Looks before the installation whether the cluster is fit.
    cli: { tag: pinnedTag('flux-cli') },
    helmController: { create: false },
    imageAutomationController: { create: false },
    imageReflectionController: { create: false },
    sourceController: { create: true, tag: pinnedTag('flux-source'), resources: small },
    kustomizeController: { create: true, tag: pinnedTag('flux-kustomize'), resources: small },
    notificationController: { create: true, tag: pinnedTag('flux-notification'), resources: small },
    policies: { create: false },
    prometheus: { podMonitor: { create: false } },
  };
}

/** What Git calls: the receivers of the notification controller, also on the laptop. */
function receiverService(settings: ComponentSettings): KubeObject {
  const { type, ...nodePort } = exposed(settings, 'gitops');
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'receiver' },
    spec: {
      type,
      selector: { app: 'notification-controller' },
      ports: [{ name: 'http', port, targetPort: 'http-webhook', ...nodePort }],
    },
  };
}

import type { Component, ComponentSettings } from './component.ts';
import { exposed, resources, secret } from './exposed.ts';
import { imagePin, pinnedTag } from './pins.ts';

const adminSecret = 'scm-manager-admin';
const port = 80;

/** SCM-Manager by its chart, as the alternative to Gitea. Its plugins are installed by its API once it answers. */
export const scmManager: Component = {
  id: 'git',
  title: 'SCM-Manager',
  needs: [],
  namespace: 'scm-manager',
  before: ({ endpoints }) => [
    secret(adminSecret, {
      SCM_WEBAPP_INITIALUSER: endpoints.git.username,
      SCM_WEBAPP_INITIALPASSWORD: endpoints.git.password,
    }),
  ],
  chart: { name: 'scm-manager', release: 'scm-manager', values },
  service: { name: 'scm-manager', port, path: '/scm' },
  images: () => [imagePin('scm-manager')],
  ready: { workloads: [{ kind: 'Deployment', name: 'scm-manager' }], path: '/scm/api/v2', limit: 420 },
  memory: { mebibytes: 768, measured: false },
};

/** `extraEnvFrom` is text, which the chart puts through its templates. */
function values(settings: ComponentSettings) {
  return {
    fullnameOverride: 'scm-manager',
    image: { repository: 'docker.io/scmmanager/scm-manager', tag: pinnedTag('scm-manager') },
    service: { ...exposed(settings, 'git'), port },
    persistence: { size: '2Gi' },
    livenessProbe: { initialDelaySeconds: 120 },
    readinessProbe: { initialDelaySeconds: 10 },
    resources: resources('50m', '768Mi', '1Gi'),
    extraEnv: '- name: JAVA_OPTS\n  value: -XX:MaxRAMPercentage=60\n',
    extraEnvFrom: `- secretRef:\n    name: ${adminSecret}\n`,
  };
}

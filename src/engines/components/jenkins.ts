import { stringify } from 'yaml';
import { ciUser, gitCredential } from '../../config/names.ts';
import { profiles } from '../../config/profiles.ts';
import { machinePassword } from '../../lib/secrets.ts';
import type { Component, ComponentSettings } from './component.ts';
import { exposed, resources, secret, yamlText } from './exposed.ts';
import { buildKitConfigMap, podTemplate } from './jenkins-agent.ts';
import { jenkinsWithPlugins } from './jenkins-plugins.ts';
import { imagePin, jenkinsPlugins, pinnedTag } from './pins.ts';

const adminSecret = 'jenkins-admin';
const codeSecret = 'jenkins-code';
const port = 8080;

/**
 * Jenkins by its chart, configured as code: the login, the plugins, the Git server and the build pod. Jobs are made by the flow
 * through the remote API, as on every engine.
 */
export const jenkins: Component = {
  id: 'ci',
  title: 'Jenkins',
  needs: [],
  namespace: 'jenkins',
  before: (settings) => [
    secret(adminSecret, {
      'jenkins-admin-user': settings.endpoints.ci.username,
      'jenkins-admin-password': settings.endpoints.ci.password,
    }),
    secret(codeSecret, { 'git-password': machinePassword(settings.endpoints.git.password, ciUser) }),
    buildKitConfigMap(settings),
  ],
  chart: { name: 'jenkins', release: 'jenkins', values },
  service: { name: 'jenkins', port },
  // The last is what the example application is built on.
  images: ({ config }) => [
    config.bundle === undefined ? imagePin('jenkins') : jenkinsWithPlugins().reference,
    ...(['jenkins-config-reload', 'jenkins-agent', 'node', 'buildkit', 'node-alpine'] as const).map(imagePin),
  ],
  ready: {
    workloads: [{ kind: 'StatefulSet', name: 'jenkins' }],
    path: '/login',
    // The plugins are downloaded on the first start, which took almost seven minutes in a public report.
    limit: 900,
  },
  memory: { mebibytes: 1024, measured: false },
};

function values(settings: ComponentSettings) {
  const bundled = settings.config.bundle !== undefined;
  return {
    fullnameOverride: 'jenkins',
    controller: {
      image: { tag: bundled ? jenkinsWithPlugins().tag : pinnedTag('jenkins'), pullPolicy: 'IfNotPresent' },
      admin: { existingSecret: adminSecret },
      numExecutors: 0,
      ...controllerService(settings),
      servicePort: port,
      jenkinsUrl: settings.endpoints.ci.url,
      resources: withoutCpuLimit(resources('200m', '1Gi', '2Gi')),
      javaOpts: javaOptions(settings),
      probes: { startupProbe: { failureThreshold: 80 } },
      // Each plugin and each of its dependencies by its version: nothing newer is taken, so that tomorrow's start is today's.
      // An image out of a bundle has them inside.
      installPlugins: bundled
        ? false
        : Object.entries(jenkinsPlugins).map(([name, version]) => `${name}:${version}`),
      installLatestPlugins: false,
      initializeOnce: true,
      additionalExistingSecrets: [{ name: codeSecret, keyName: 'git-password' }],
      testEnabled: false,
      JCasC: {
        defaultConfig: true,
        configScripts: { playground: stringify(configurationAsCode(settings), yamlText) },
      },
      sidecars: {
        configAutoReload: {
          image: { tag: pinnedTag('jenkins-config-reload') },
          resources: resources('10m', '64Mi', '128Mi'),
        },
      },
    },
    agent: {
      // Over the web port, so that no other has to be open.
      websocket: true,
      containerCap: profiles[settings.config.profile].builds,
      disableDefaultAgent: true,
      podTemplates: { node: podTemplate(settings) },
    },
    persistence: { size: '4Gi' },
    serviceAccountAgent: { create: false },
  };
}

/** The chart has a limit of CPU of its own, which only a null takes away. */
function withoutCpuLimit({ requests, limits }: ReturnType<typeof resources>) {
  return { requests, limits: { cpu: null, ...limits } };
}

/** What the flow finds before it makes the job: the login at Git, and Gitea as a server that the plugin knows. */
function configurationAsCode({ endpoints, config }: ComponentSettings) {
  const credential = {
    usernamePassword: {
      scope: 'GLOBAL',
      id: gitCredential,
      username: ciUser,
      password: `\${${codeSecret}-git-password}`,
      description: 'writes to the GitOps repository and opens pull requests',
    },
  };
  const gitea = {
    giteaServers: {
      servers: [{ displayName: 'Gitea', serverUrl: endpoints.git.clusterUrl, manageHooks: false }],
    },
  };
  return {
    credentials: { system: { domainCredentials: [{ credentials: [credential] }] } },
    ...(config.gitServer === 'gitea' ? { unclassified: gitea } : {}),
  };
}

/**
 * A pod that was planned for a build without a label is made when Jenkins next looks at what it has planned. By itself it does so
 * for the first time 100 seconds after its start, and then every 10; looking more often makes a second pod while the first connects.
 */
const provisioning = '-Dhudson.slaves.NodeProvisioner.initialDelay=0';

function javaOptions({ config }: ComponentSettings): string {
  const always = `-XX:MaxRAMPercentage=60 ${provisioning}`;
  if (config.gitServer === 'gitea') return always;
  // SCM-Manager's pushes come as the git plugin's notifyCommit, which wants a token that nobody could make beforehand. This one
  // word lets them start a scan (no build of a named commit); only the laptop's loopback and the cluster reach this Service.
  return `${always} -Dhudson.plugins.git.GitStatus.NOTIFY_COMMIT_ACCESS_CONTROL=disabled-for-polling`;
}

function controllerService(settings: ComponentSettings) {
  const service = exposed(settings, 'ci');
  return service.type === 'NodePort'
    ? { serviceType: service.type, nodePort: service.nodePort }
    : { serviceType: service.type };
}

import { compareSync } from 'bcryptjs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { componentsOf } from '../../../../src/engines/components/catalog.ts';
import { clusterUrlOf } from '../../../../src/engines/components/component.ts';
import { clusterEndpoints } from '../../../../src/engines/components/endpoints.ts';
import type { ClusterState } from '../../../../src/engines/components/state.ts';
import { agentPod } from '../../../../src/engines/components/jenkins-agent.ts';
import { chartPin, jenkinsPlugins } from '../../../../src/engines/components/pins.ts';
import pins from '../../../../src/config/pins.json' with { type: 'json' };
import { configSchema } from '../../../../src/config/schema.ts';
import { profiles } from '../../../../src/config/profiles.ts';
import { machinePassword } from '../../../../src/lib/secrets.ts';
import { componentSettings, everyComponent } from '../../../support/components.ts';
import chartKeys from './chart-keys.json' with { type: 'json' };

const platforms = ['k3d', 'kubernetes'] as const;
type Values = Readonly<Record<string, unknown>>;

function isBranch(value: unknown): value is Values {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
  );
}

/** The paths of all values that are set; dots inside of a key are escaped. */
function leaves(value: unknown, path: readonly string[] = []): string[] {
  if (!isBranch(value)) return [path.join('.')];
  return Object.entries(value).flatMap(([key, child]) =>
    leaves(child, [...path, key.replaceAll('.', '\\.')]),
  );
}

function valuesOf(name: string, platform: (typeof platforms)[number]): Values {
  const found = everyComponent(platform).find((candidate) => candidate.name === name);
  return found?.component.chart?.values(found.settings) ?? {};
}

/** One value by its path. */
function at(values: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (isBranch(value) ? value[key] : undefined), values);
}

test('the operator is told with a login where it has a page to log in to, which Flux has not', () => {
  const gitopsOf = (operator: 'argocd' | 'flux') => {
    const { config, ports, secrets } = componentSettings('kubernetes', { operator });
    const state = { version: 1, engine: 'kubernetes', cluster: 'complete', config, ports, secrets };
    const platform = { id: 'kubernetes', context: 'real' } as const;
    return clusterEndpoints(state as unknown as ClusterState, platform).gitops;
  };
  expect(gitopsOf('argocd')).toMatchObject({ username: 'admin', password: expect.any(String) });
  expect(gitopsOf('flux')).not.toHaveProperty('username');
  expect(gitopsOf('flux')).not.toHaveProperty('password');
});

describe('the values of every chart', () => {
  const charts = Object.entries(chartKeys);

  test('are known for each chart that a component installs', () => {
    const installed = everyComponent('k3d').flatMap(({ component }) => component.chart?.name ?? []);
    expect(charts.map(([name]) => name).sort()).toEqual(installed.sort());
  });

  test.each(charts)(
    'of %s use only keys that this version of the chart documents',
    (name, { version, keys }) => {
      expect(chartPin(name as keyof typeof chartKeys).version).toBe(version);
      const documented = (path: string) =>
        keys.some((key) => key === path || (key.endsWith('.*') && `${path}.`.startsWith(key.slice(0, -1))));
      for (const platform of platforms) {
        const unknown = leaves(valuesOf(name, platform)).filter((path) => !documented(path));
        expect(unknown).toEqual([]);
      }
    },
  );
});

/** Keys of the products' own configuration, below what the charts take as it is, with the file that documents them. */
const configurationKeys = [
  {
    what: 'app.ini of Gitea (custom/conf/app.example.ini)',
    chart: 'gitea',
    path: ['gitea', 'config'],
    keys: [
      'APP_NAME',
      'server/ROOT_URL',
      'server/DOMAIN',
      'server/PUBLIC_URL_DETECTION',
      'server/HTTP_PORT',
      'server/DISABLE_SSH',
      'server/OFFLINE_MODE',
      'server/LANDING_PAGE',
      'database/DB_TYPE',
      'session/PROVIDER',
      'cache/ADAPTER',
      'queue/TYPE',
      'service/DISABLE_REGISTRATION',
      'webhook/ALLOWED_HOST_LIST',
      'repository/DEFAULT_BRANCH',
      'actions/ENABLED',
      'cron.update_checker/ENABLED',
    ],
  },
  {
    what: 'argocd-cm (docs/operator-manual/argocd-cm.yaml of Argo CD)',
    chart: 'argo-cd',
    path: ['configs', 'cm'],
    keys: [
      'timeout.reconciliation',
      'timeout.reconciliation.jitter',
      'application.resourceTrackingMethod',
      'url',
      'resource.customizations.ignoreDifferences.apps_StatefulSet',
    ],
  },
  {
    what: 'argocd-cmd-params-cm (docs/operator-manual/argocd-cmd-params-cm.yaml of Argo CD)',
    chart: 'argo-cd',
    path: ['configs', 'params'],
    keys: [
      'server.insecure',
      'controller.status.processors',
      'controller.operation.processors',
      'controller.resource.health.persist',
    ],
  },
] as const;

test('pods run every image by its digest where that is known, also where a chart names it', () => {
  expect(at(valuesOf('argo-cd', 'k3d'), 'global', 'image', 'tag')).toBe(
    `v3.4.4@${pins.images.argocd.digest}`,
  );
  for (const { component, settings } of everyComponent('k3d')) {
    for (const image of component.images(settings)) {
      const pinned = Object.values(pins.images).find(({ reference }) => image.startsWith(reference));
      expect(image).toBe(pinned?.digest == null ? pinned?.reference : `${pinned.reference}@${pinned.digest}`);
    }
  }
});

describe('the configuration of the products', () => {
  test.each(configurationKeys)('uses only documented keys of $what', ({ chart, path, keys }) => {
    const section = at(valuesOf(chart, 'k3d'), ...path) as Values;
    const used = Object.entries(section).flatMap(([name, value]) =>
      isBranch(value) ? Object.keys(value).map((key) => `${name}/${key}`) : [name],
    );
    expect(used.filter((key) => !keys.includes(key as never))).toEqual([]);
  });
});

describe('every component', () => {
  test.each(platforms)('on %s is the same for the same settings', (platform) => {
    const render = () =>
      everyComponent(platform).map(({ component, settings }) => component.chart?.values(settings));
    expect(render()).toEqual(render());
  });

  test('answers at a NodePort of the laptop on k3d, and needs none elsewhere', () => {
    expect(JSON.stringify(valuesOf('gitea', 'k3d'))).toContain('"nodePort":8401');
    expect(at(valuesOf('jenkins', 'k3d'), 'controller', 'nodePort')).toBe(8403);
    expect(at(valuesOf('argo-cd', 'k3d'), 'server', 'service', 'nodePortHttp')).toBe(8404);
    for (const name of ['gitea', 'jenkins', 'argo-cd', 'flux2', 'scm-manager']) {
      expect(JSON.stringify(valuesOf(name, 'kubernetes'))).not.toMatch(/nodePort/i);
    }
  });

  test('keeps passwords in Secrets, never in the values of a chart', () => {
    for (const { component, settings } of everyComponent('k3d')) {
      const values = JSON.stringify(component.chart?.values(settings) ?? {});
      const { password } = settings.endpoints.git;
      for (const word of [password, machinePassword(password, 'ci'), settings.secrets.seed]) {
        expect(values).not.toContain(word);
      }
    }
  });

  test('is chosen by the configuration', () => {
    const titles = (choice: object) => componentsOf(configSchema.parse(choice)).map(({ title }) => title);
    expect(titles({})).toEqual(['Gitea', 'the registry', 'Jenkins', 'Argo CD']);
    expect(titles({ gitServer: 'scm-manager', operator: 'flux' })).toEqual([
      'SCM-Manager',
      'the registry',
      'Jenkins',
      'Flux',
    ]);
  });
});

describe('Gitea', () => {
  const values = valuesOf('gitea', 'k3d');
  const git = componentsOf(configSchema.parse({}))[0];

  test('has the address that is seen in the cluster as ROOT_URL, so that operator and CI server know its pushes', () => {
    const server = at(values, 'gitea', 'config', 'server');
    const url = git === undefined ? '' : clusterUrlOf(git);
    expect(server).toMatchObject({
      ROOT_URL: `${url}/`,
      DOMAIN: new URL(url).hostname,
      PUBLIC_URL_DETECTION: 'never',
    });
  });

  test('may call Services, and brings no database or cache along', () => {
    expect(at(values, 'gitea', 'config', 'webhook', 'ALLOWED_HOST_LIST')).toContain('svc.cluster.local');
    for (const part of ['postgresql-ha', 'postgresql', 'valkey-cluster', 'valkey']) {
      expect(values[part]).toEqual({ enabled: false });
    }
    expect(at(values, 'gitea', 'config', 'database', 'DB_TYPE')).toBe('sqlite3');
  });
});

describe('Argo CD', () => {
  test("has the playground's password, hashed, and its webhook secret", () => {
    const secret = at(valuesOf('argo-cd', 'k3d'), 'configs', 'secret') as Record<string, string>;
    const { secrets } = componentSettings('k3d');
    expect(compareSync(secrets.password, secret.argocdServerAdminPassword ?? '')).toBe(true);
    expect(secret.gogsSecret).toBe(secrets.webhookSecret);
  });

  test('looks at Git as often as the configuration says', () => {
    const settings = componentSettings('k3d');
    expect(at(valuesOf('argo-cd', 'k3d'), 'configs', 'cm', 'timeout.reconciliation')).toBe(
      `${settings.config.reconcileSeconds}s`,
    );
  });

  test.each(platforms)(
    'on %s writes the health of each object where status, trace and dashboard read it',
    (platform) => {
      const params = at(valuesOf('argo-cd', platform), 'configs', 'params') as Record<string, unknown>;
      expect(params['controller.resource.health.persist']).toBe(true);
    },
  );

  // A cluster of k3d has no NodePorts but those of the playground's row, and refuses the chart's 30443.
  test('asks for no NodePort that the cluster has not', () => {
    expect(at(valuesOf('argo-cd', 'k3d'), 'server', 'service')).toMatchObject({
      nodePortHttp: 8404,
      nodePortHttps: 0,
    });
    expect(at(valuesOf('argo-cd', 'kubernetes'), 'server', 'service')).not.toHaveProperty('nodePortHttps');
  });

  // Its own check waits for an address that an ingress controller has to write, which not every cluster has.
  test('takes an Ingress for healthy in a cluster that is there already, and waits for its address on k3d', () => {
    const check = (platform: (typeof platforms)[number]) =>
      (at(valuesOf('argo-cd', platform), 'configs', 'cm') as Values)[
        'resource.customizations.health.networking.k8s.io_Ingress'
      ];
    expect(check('kubernetes')).toBe('return { status = "Healthy" }\n');
    expect(check('k3d')).toBeUndefined();
  });

  test('knows the login for every repository of the Git server', () => {
    const { component, settings } = everyComponent('k3d').find(({ name }) => name === 'argo-cd')!;
    expect(component.manifests?.(settings)).toMatchObject([
      {
        metadata: { labels: { 'argocd.argoproj.io/secret-type': 'repo-creds' } },
        stringData: { url: settings.endpoints.git.clusterUrl, username: 'ci' },
      },
    ]);
  });

  test('reads charts that a bundle has brought from the registry, by plain HTTP', () => {
    const { component, settings } = everyComponent('k3d').find(({ name }) => name === 'argo-cd')!;
    const config = { ...settings.config, bundle: 'class.bundle' };
    const host = new URL(clusterUrlOf(componentsOf(config).find(({ id }) => id === 'registry')!)).host;
    expect(component.manifests?.({ ...settings, config })[1]).toMatchObject({
      metadata: { labels: { 'argocd.argoproj.io/secret-type': 'repo-creds' } },
      stringData: { type: 'oci', url: `oci://${host}`, insecureOCIForceHttp: 'true' },
    });
  });
});

describe('Jenkins', () => {
  const values = valuesOf('jenkins', 'k3d');

  test('installs plugins by their versions alone', () => {
    const plugins = at(values, 'controller', 'installPlugins') as string[];
    expect(plugins).toHaveLength(Object.keys(jenkinsPlugins).length);
    for (const plugin of plugins) expect(plugin).toMatch(/^[a-z0-9-]+:\d[\w.-]*$/);
    expect(at(values, 'controller', 'installLatestPlugins')).toBe(false);
    for (const wanted of [
      'gitea',
      'kubernetes',
      'configuration-as-code',
      'workflow-multibranch',
      'junit',
      'pipeline-utility-steps',
    ]) {
      expect(Object.keys(jenkinsPlugins)).toContain(wanted);
    }
  });

  // In the template of the chart's StatefulSet this value also decides whether the existing Secret is mounted, to which
  // the configuration of the login refers; with an existing Secret the chart makes none, whatever it says.
  test('lets the chart mount the login from the Secret that is there', () => {
    expect(at(values, 'controller', 'admin')).toEqual({ existingSecret: 'jenkins-admin' });
  });

  // Setters of GiteaServer in the gitea plugin, and the example of credentials in the documentation of configuration as code.
  test('knows the Git server and its login as code, with the password from a Secret', () => {
    const code = parse(at(values, 'controller', 'JCasC', 'configScripts', 'playground') as string);
    const { git } = componentSettings('k3d').endpoints;
    expect(code.unclassified.giteaServers.servers).toEqual([
      { displayName: 'Gitea', serverUrl: git.clusterUrl, manageHooks: false },
    ]);
    expect(code.credentials.system.domainCredentials[0].credentials[0].usernamePassword).toMatchObject({
      ...{ scope: 'GLOBAL', id: 'git', username: 'ci' },
      password: '${jenkins-code-git-password}',
    });
  });

  // The fields that the chart itself writes into pod templates.
  test('has a pod template of known fields, whose pod is the one below', () => {
    const [template] = parse(at(values, 'agent', 'podTemplates', 'node') as string);
    const { yaml, ...fields } = template;
    expect(Object.keys(fields).sort()).toEqual([
      ...['idleMinutes', 'label', 'name', 'nodeUsageMode', 'podRetention'],
      ...['showRawYaml', 'slaveConnectTimeoutStr', 'yamlMergeStrategy'],
    ]);
    expect(parse(yaml)).toEqual(agentPod(componentSettings('k3d')));
  });

  test('makes the pod of a build at once, not when a hundred seconds have gone by', () => {
    expect(at(values, 'controller', 'javaOpts')).toMatch(
      / -Dhudson\.slaves\.NodeProvisioner\.initialDelay=0$/,
    );
  });

  test('lets pushes of SCM-Manager start a scan, and of nobody else', () => {
    const options = (gitServer: 'gitea' | 'scm-manager') => {
      const settings = componentSettings('k3d', { gitServer });
      const ci = componentsOf(settings.config).find(({ id }) => id === 'ci');
      return at(ci?.chart?.values(settings), 'controller', 'javaOpts');
    };
    expect(options('gitea')).not.toContain('NOTIFY_COMMIT');
    expect(options('scm-manager')).toContain('NOTIFY_COMMIT_ACCESS_CONTROL=disabled-for-polling');
  });
});

describe('what the configuration changes', () => {
  const valuesWith = (choice: object, id: string) => {
    const settings = { ...componentSettings('k3d'), config: configSchema.parse(choice) };
    const component = componentsOf(settings.config).find((candidate) => candidate.id === id);
    return { values: component?.chart?.values(settings) };
  };

  test('the profile says how many builds run side by side', () => {
    const builds = (profile: string) => at(valuesWith({ profile }, 'ci').values, 'agent', 'containerCap');
    expect([builds('minimal'), builds('workshop'), builds('full')]).toEqual([1, 2, 2]);
  });

  test('metrics are told only where somebody looks at them', () => {
    for (const [chosen, enabled] of [
      [{}, false],
      [{ with: ['monitoring'] }, true],
    ] as const) {
      expect(at(valuesWith(chosen, 'git').values, 'gitea', 'metrics', 'enabled')).toBe(enabled);
      expect(at(valuesWith(chosen, 'gitops').values, 'controller', 'metrics', 'enabled')).toBe(enabled);
    }
  });

  test('every profile says what it asks for, the larger one more', () => {
    const memory = (['minimal', 'workshop', 'full'] as const).map((name) => profiles[name].memory);
    expect(memory.map(({ measured }) => measured)).toEqual([false, false, false]);
    expect([...memory].sort((a, b) => a.mebibytes - b.mebibytes)).toEqual(memory);
  });
});

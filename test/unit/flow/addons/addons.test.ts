import { describe, expect, test } from 'vitest';
import { addons, addonsOf, withKeptAddons } from '../../../../src/config/addons.ts';
import { addonNames, configSchema } from '../../../../src/config/schema.ts';
import { planUp } from '../../../../src/flow/plan.ts';
import { refuseUnsupported } from '../../../../src/flow/support.ts';
import type { Engine } from '../../../../src/engines/engine.ts';
import { documentsOf, operatorRepository } from '../../../support/addons.ts';

interface Source {
  readonly repoURL: string;
  readonly chart?: string;
  readonly path?: string;
  readonly targetRevision: string;
  readonly helm?: { readonly valuesObject?: object };
}
interface Application {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec: {
    readonly project: string;
    readonly sources: readonly Source[];
    readonly destination: { readonly namespace: string };
  };
}
const applicationOf = (name: string, platform: 'k3d' | 'kubernetes' = 'k3d') => {
  const content = operatorRepository(platform, [name as (typeof addonNames)[number]]).get(
    `applications/addon-${name}.yaml`,
  );
  return documentsOf(content ?? '')[0] as unknown as Application;
};

describe('add-ons in the configuration', () => {
  test('are off by default, and all on in the profile full', () => {
    expect(addonsOf(configSchema.parse({}))).toEqual([]);
    expect(addonsOf(configSchema.parse({ profile: 'full' }))).toEqual([...addonNames]);
  });

  test('bring those along that they need', () => {
    expect(addonsOf(configSchema.parse({ with: ['monitoring'] }))).toEqual(['monitoring', 'mailpit']);
  });

  test('are asked for once, in whatever order', () => {
    expect(addonsOf(configSchema.parse({ with: ['velero', 'sops', 'velero'] }))).toEqual(['sops', 'velero']);
  });

  test('of a playground that is there stay, beside those that are asked for later', () => {
    const kept = configSchema.parse({ with: ['velero'] });
    const asked = configSchema.parse({ with: ['sops', 'velero'] });
    expect(addonsOf(withKeptAddons(asked, kept))).toEqual(['sops', 'velero']);
    expect(addonsOf(withKeptAddons(configSchema.parse({ with: ['sops'] }), kept))).toEqual([
      'sops',
      'velero',
    ]);
    expect(withKeptAddons(asked, undefined)).toBe(asked);
  });

  test('have their memory marked as not measured, for nobody has', () => {
    for (const { memory } of Object.values(addons)) {
      expect(memory).toEqual({ mebibytes: expect.any(Number), measured: false });
    }
  });
});

describe("the operator's repository", () => {
  test('has nothing of add-ons when there is none', () => {
    const paths = [...operatorRepository('k3d', []).keys()];
    expect(paths.filter((path) => path.includes('addon'))).toEqual([]);
  });

  test.each(addonNames)('has the Application of %s', (name) => {
    const { metadata, spec } = applicationOf(name, 'kubernetes');
    expect(metadata.labels).toEqual({ 'gitops-playground.io/addon': name });
    expect(spec.project).toBe('addons');
    expect(spec.destination.namespace).toBe(addons[name].namespace);
    expect(spec.sources.length).toBeGreaterThan(0);
    for (const { repoURL, chart, path, targetRevision } of spec.sources) {
      expect(chart === undefined).toBe(path !== undefined);
      if (chart !== undefined) {
        expect(repoURL).toMatch(/^https:\/\//);
        expect(targetRevision).toMatch(/^v?\d+\.\d+\.\d+$/);
      }
    }
  });

  test.each(addonNames)(
    'holds every file that the Application of %s reads, and no empty document',
    (name) => {
      const files = operatorRepository('k3d', [name]);
      for (const { path } of applicationOf(name).spec.sources) {
        if (path === undefined) continue;
        const below = [...files].filter(([file]) => file.startsWith(`${path}/`));
        expect(below.length).toBeGreaterThan(0);
        for (const [file, content] of below) {
          for (const document of documentsOf(content)) {
            expect(document, file).toMatchObject({
              apiVersion: expect.any(String),
              kind: expect.any(String),
            });
          }
        }
      }
    },
  );

  test('keeps the wide project apart from the narrow one of the pipelines', () => {
    const files = operatorRepository('k3d', ['mailpit']);
    const [addonsProject] = documentsOf(files.get('projects/addons.yaml') ?? '');
    const [own] = documentsOf(files.get('projects/playground.yaml') ?? '');
    expect(addonsProject).toMatchObject({ metadata: { name: 'addons' } });
    expect(JSON.stringify(own)).not.toContain('"*"');
  });

  test('takes every chart from the registry that a bundle has filled, and packages of Crossplane, too', () => {
    const files = operatorRepository('k3d', addonNames, 'class.bundle');
    for (const [path, content] of files) {
      if (!path.startsWith('applications/addon-')) continue;
      for (const { repoURL, chart } of (documentsOf(content)[0] as unknown as Application).spec.sources) {
        expect(chart, path).toBeUndefined();
        expect(repoURL).toMatch(
          /^(http:.*\/operator\.git|oci:\/\/registry\.registry\.svc\.cluster\.local:5000\/charts\/[a-z-]+)$/,
        );
      }
    }
    const rewritten = 'addons/crossplane/objects/bundled-images.yaml';
    expect(documentsOf(files.get(rewritten) ?? '')[0]).toMatchObject({
      kind: 'ImageConfig',
      spec: {
        matchImages: [{ prefix: 'xpkg.crossplane.io/' }],
        // The library by which Crossplane speaks to registries expects plain HTTP of such names alone.
        rewriteImage: { prefix: expect.stringMatching(/^[a-z]+\.localhost:\d+\/$/) as string },
      },
    });
    expect(operatorRepository('k3d', addonNames).has(rewritten)).toBe(false);
  });

  test('installs no metrics server where the cluster brings one along', () => {
    const charts = (platform: 'k3d' | 'kubernetes') =>
      applicationOf('autoscaling', platform).spec.sources.flatMap(({ chart }) => chart ?? []);
    expect(charts('k3d')).toEqual([]);
    expect(charts('kubernetes')).toEqual(['metrics-server']);
  });

  test('leaves the number of pods in production to the autoscaler, and the words of the file alone', () => {
    const path = 'applications/storefront-production.yaml';
    const before = operatorRepository('k3d', []).get(path) ?? '';
    const after = operatorRepository('k3d', ['autoscaling']).get(path) ?? '';
    const [application] = documentsOf(after);
    expect(application).toMatchObject({
      spec: {
        ignoreDifferences: [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }],
        syncPolicy: { syncOptions: ['CreateNamespace=true', 'RespectIgnoreDifferences=true'] },
      },
    });
    for (const [comment] of before.matchAll(/#.*$/gm)) expect(after).toContain(comment);
    const staging = 'applications/storefront-staging.yaml';
    expect(operatorRepository('k3d', ['autoscaling']).get(staging)).toBe(
      operatorRepository('k3d', []).get(staging),
    );
  });

  test('has a dashboard for every part of the loop, each one JSON that Grafana finds', () => {
    const files = [...operatorRepository('k3d', ['monitoring'])].filter(([path]) =>
      path.includes('/dashboard-'),
    );
    const models = files.map(([, content]) => {
      const [{ metadata, data } = {} as never] = documentsOf(content) as {
        metadata: { labels: Record<string, string> };
        data: Record<string, string>;
      }[];
      expect(metadata.labels).toEqual({ grafana_dashboard: '1' });
      return JSON.parse(Object.values(data)[0] ?? '') as { title: string; panels: { targets: object[] }[] };
    });
    expect(models.map(({ title }) => title).sort()).toEqual([
      ...['Applications', 'CI server', 'Git server', 'GitOps operator', 'Registry'],
    ]);
    for (const { panels } of models) {
      expect(panels.length).toBeGreaterThan(0);
      for (const { targets } of panels) expect(targets).toHaveLength(1);
    }
  });

  test('sends alerts to the inbox that comes along', () => {
    const content = operatorRepository('k3d', ['monitoring']).get('applications/addon-monitoring.yaml') ?? '';
    expect(content).toContain('smtp_smarthost: mailpit.mailpit:25');
    expect(applicationOf('mailpit').spec.destination.namespace).toBe('mailpit');
  });

  // What controllers make there by themselves belongs to no Application, and nobody would take it away.
  test('leaves nothing in kube-system that controllers make by themselves', () => {
    const values = (name: string, chart: string) => {
      const { sources } = applicationOf(name).spec;
      return sources.find((source) => source.chart === chart)?.helm?.valuesObject;
    };
    expect(values('cert-manager', 'cert-manager')).toMatchObject({
      global: { leaderElection: { namespace: 'cert-manager' } },
    });
    expect(values('monitoring', 'kube-prometheus-stack')).toMatchObject({
      prometheusOperator: { kubeletService: { namespace: 'monitoring' } },
      kubelet: { namespace: 'monitoring' },
    });
  });

  // Without internet an image that is there already has to do.
  test.each([
    ['sops', 'sops-secrets-operator'],
    ['image-updater', 'argocd-image-updater'],
  ])('of %s asks the registry only for an image that is missing', (name, chart) => {
    const source = applicationOf(name).spec.sources.find((candidate) => candidate.chart === chart);
    expect(source?.helm?.valuesObject).toMatchObject({ image: { pullPolicy: 'IfNotPresent' } });
  });

  // Argo CD runs hooks after a sync only when all is healthy, and an ExternalSecret without its entry is not.
  test('seeds Vault before the ExternalSecret that reads it', () => {
    const files = operatorRepository('k3d', ['external-secrets']);
    const documents = ['seed', 'store'].flatMap((name) =>
      documentsOf(files.get(`addons/external-secrets/objects/${name}.yaml`) ?? ''),
    ) as { kind: string; metadata: { annotations?: Record<string, string> } }[];
    const annotationsOf = (kind: string) =>
      documents.find((document) => document.kind === kind)?.metadata.annotations ?? {};
    const wave = (kind: string) => Number(annotationsOf(kind)['argocd.argoproj.io/sync-wave']);
    expect(annotationsOf('Job')['argocd.argoproj.io/hook']).toBe('Sync');
    expect(wave('Job')).toBeLessThan(wave('ExternalSecret'));
  });

  test('takes the stage "newest" away with the Image Updater that made it', () => {
    const preview = operatorRepository('k3d', ['image-updater']).get(
      'addons/image-updater/objects/preview.yaml',
    );
    expect(documentsOf(preview ?? '')[0]).toMatchObject({
      metadata: { finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    });
  });

  test('holds no key: that of SOPS is made in the cluster', () => {
    for (const [path, content] of operatorRepository('k3d', addonNames)) {
      expect(content, path).not.toMatch(/AGE-SECRET-KEY|BEGIN [A-Z ]*PRIVATE KEY/);
    }
  });
});

describe('the plan of up', () => {
  const unused = () => {
    throw new Error('planning must not touch the engine');
  };
  const engine = (id: string) =>
    ({
      ...{ id, preflight: unused, up: unused, keptConfig: unused, state: unused },
      ...{ stop: unused, down: unused, logs: unused },
    }) as unknown as Engine;

  test('prepares add-ons before the operator gets them, and only where there are some', () => {
    const ids = (choice: object) => planUp(configSchema.parse(choice), engine('k3d')).map(({ id }) => id);
    expect(ids({})).not.toContain('addons');
    const tasks = planUp(configSchema.parse({ with: ['sops'] }), engine('k3d'));
    expect(tasks.find(({ id }) => id === 'applications')?.needs).toContain('addons');
  });

  test('refuses add-ons where Flux is the operator, which knows no Applications', () => {
    const config = configSchema.parse({ with: ['mailpit'], operator: 'flux' });
    expect(() => refuseUnsupported(config, 'k3d')).toThrow(
      /Applications of Argo CD, which Flux does not know/,
    );
  });

  test('refuses them on the embedded engine before anything begins', () => {
    expect(() => refuseUnsupported(configSchema.parse({ with: ['mailpit'] }), 'embedded')).toThrow(
      /cannot run/,
    );
  });
});

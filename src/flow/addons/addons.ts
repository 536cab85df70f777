import { parse, parseDocument, stringify } from 'yaml';
import { addons, type AddonName } from '../../config/addons.ts';
import { addonLabel } from '../../config/names.ts';
import type { Config } from '../../config/schema.ts';
import versions from '../../config/pins.json' with { type: 'json' };
import { filesBelow, type Render, type RenderedFile } from '../templates.ts';
import { bundledCharts, registryServiceHost } from '../../config/names.ts';
import { builtFile } from '../../lib/package.ts';
import { addonApplication, operatorNamespace } from '../names.ts';
import { dashboards } from './dashboards.ts';

/** What an add-on has to know beside what the placeholders say. */
export interface AddonSettings {
  /** Where Argo CD reads the operator's repository. */
  readonly repositoryUrl: string;
  readonly platform: 'k3d' | 'kubernetes';
  /** Whether a bundle has brought the charts, so that nothing is asked of the internet. */
  readonly bundled: boolean;
  readonly gitServer: Config['gitServer'];
}

const pins: Readonly<Record<string, { readonly version: string; readonly repository: string }>> =
  versions.addonCharts;

/** The names of the folder below `addons/NAME` that Argo CD applies as it stands; others are read by other Applications. */
const OBJECTS = 'objects';
/** Further such objects, for a playground whose charts and images a bundle has brought. */
const BUNDLED = 'bundled/';

/**
 * The files of add-ons in the operator's repository: an Application each, the objects beside its charts, and the project that
 * they belong to. Nothing when there is no add-on.
 */
export function addonFiles(
  names: readonly AddonName[],
  settings: AddonSettings,
  render: Render,
): RenderedFile[] {
  if (names.length === 0) return [];
  const project = filesBelow(builtFile('addons')).find(({ path }) => path === 'project.yaml');
  if (project === undefined) throw new Error('the project of the add-ons is missing');
  return [
    { path: 'projects/addons.yaml', content: render(project.content, 'addons/project.yaml') },
    ...names.flatMap((name) => filesOf(name, settings, render)),
  ];
}

/** Leaves the number of pods to the autoscaler: an Application that would otherwise change it back. */
export function leaveReplicas(application: string): string {
  const document = parseDocument(application);
  const replicas = [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }];
  document.setIn(['spec', 'ignoreDifferences'], document.createNode(replicas));
  document.addIn(['spec', 'syncPolicy', 'syncOptions'], 'RespectIgnoreDifferences=true');
  return document.toString({ lineWidth: 0 });
}

function filesOf(name: AddonName, settings: AddonSettings, render: Render): RenderedFile[] {
  const files = filesBelow(builtFile('addons', name))
    .filter(({ path }) => settings.bundled || !path.startsWith(BUNDLED))
    .map(({ path, content }) => ({
      path: path.replace(BUNDLED, `${OBJECTS}/bundled-`),
      content: render(content, `addons/${name}/${path}`),
    }));
  const kept = files.filter(({ path }) => path.includes('/'));
  if (name === 'monitoring') {
    kept.push(
      ...dashboards(settings.gitServer).map((file) => ({ ...file, path: `${OBJECTS}/${file.path}` })),
    );
  }
  const values = (chart: string): unknown =>
    parse(files.find(({ path }) => path === `${chart}.yaml`)?.content ?? '{}');
  const hasObjects = kept.some(({ path }) => path.startsWith(`${OBJECTS}/`));
  return [
    {
      path: `applications/${addonApplication(name)}.yaml`,
      content: application(name, values, hasObjects, settings),
    },
    ...kept.map(({ path, content }) => ({ path: `addons/${name}/${path}`, content })),
  ];
}

/** The Application of an add-on: its charts with their values, and then its objects, which need the charts' kinds. */
function application(
  name: AddonName,
  values: (chart: string) => unknown,
  hasObjects: boolean,
  { platform, repositoryUrl, bundled }: AddonSettings,
): string {
  const { title, gives, namespace, charts: chartNames, builtInto } = addons[name];
  const chartSources =
    builtInto === platform ? [] : chartNames.map((chart) => chartSource(chart, values(chart), bundled));
  const objects = { repoURL: repositoryUrl, targetRevision: 'main', path: `addons/${name}/${OBJECTS}` };
  const document = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: addonApplication(name),
      namespace: operatorNamespace,
      labels: { [addonLabel]: name },
      finalizers: ['resources-finalizer.argocd.argoproj.io'],
    },
    spec: {
      project: 'addons',
      sources: [...chartSources, ...(hasObjects ? [objects] : [])],
      destination: { server: 'https://kubernetes.default.svc', namespace },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        // Kinds come with the charts, and large ones do not fit into an annotation.
        syncOptions: ['CreateNamespace=true', 'ServerSideApply=true', 'SkipDryRunOnMissingResource=true'],
        retry: { limit: 10, backoff: { duration: '10s', factor: 2, maxDuration: '2m' } },
      },
    },
  };
  return `# ${title}: ${gives}.\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** A chart from its repository on the internet, or from the playground's registry, where a bundle's charts are OCI artifacts. */
function chartSource(chart: string, valuesObject: unknown, bundled: boolean) {
  const pin = pins[chart];
  if (pin === undefined) throw new Error(`the chart ${chart} of an add-on is not pinned`);
  const place = bundled
    ? { repoURL: `oci://${registryServiceHost}/${bundledCharts}/${chart}`, path: '.' }
    : { repoURL: pin.repository, chart };
  return { ...place, targetRevision: pin.version, helm: { releaseName: chart, valuesObject } };
}

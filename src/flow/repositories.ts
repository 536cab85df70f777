import { gitPages } from '../clients/git-pages.ts';
import type { AddonName } from '../config/addons.ts';
import { registryAliasHost, registryServiceHost } from '../config/names.ts';
import type { Config } from '../config/schema.ts';
import { builtFile } from '../lib/package.ts';
import { addonFiles, leaveReplicas } from './addons/addons.ts';
import { createRenderer, filesBelow, type Render, type RenderedFile } from './templates.ts';

/** What the content of the repositories has to know about the playground that it is rendered for. */
export interface RepositorySettings {
  readonly organization: string;
  readonly application: string;
  /** What stands before `owner/name` in the Git server's addresses, as the person's browser and git see them. */
  readonly gitUrl: string;
  /** The same as the CI server and the GitOps operator see it. */
  readonly gitClusterUrl: string;
  readonly ciUrl: string;
  /** `host:port` in image references, as the CI server pushes to it and the nodes pull from it. */
  readonly registryHost: string;
  readonly ingressPort: number;
  /** Seconds; 30 unless told. */
  readonly reconcileSeconds?: number;
  /** Gitea unless told. */
  readonly gitServer?: Config['gitServer'];
  /** Argo CD unless told. */
  readonly operator?: Config['operator'];
  /** None unless told. */
  readonly addons?: readonly AddonName[];
  /** Whose cluster it is; what k3s brings along is not installed again. */
  readonly platform?: 'k3d' | 'kubernetes';
  /** Whether charts and images came out of a bundle. */
  readonly bundled?: boolean;
}

export type RepositoryRole = 'app' | 'gitops' | 'library';

export interface SeededFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly content: string;
  readonly executable: boolean;
}

export interface SeededRepository {
  readonly name: string;
  readonly role: RepositoryRole;
  readonly description: string;
  readonly files: readonly SeededFile[];
}

interface Template {
  /** Folder below `dist/repos`. */
  readonly folder: (settings: RepositorySettings) => string;
  readonly name: (settings: RepositorySettings) => string;
  readonly role: RepositoryRole;
  readonly description: string;
}

const templates: readonly Template[] = [
  {
    folder: () => 'app',
    name: ({ application }) => application,
    role: 'app',
    description: 'The application: its sources, its tests, its image, and how each stage runs it.',
  },
  {
    folder: () => 'gitops',
    name: () => 'gitops',
    role: 'gitops',
    description: 'What should run in the cluster: one folder a stage.',
  },
  {
    folder: ({ operator }) => (operator === 'flux' ? 'operator-flux' : 'operator'),
    name: () => 'operator',
    role: 'gitops',
    description: 'What the GitOps operator works on: projects and applications.',
  },
  {
    folder: () => 'pipeline-library',
    name: () => 'pipeline-library',
    role: 'library',
    description: 'The steps that the pipelines of all applications share.',
  },
];

/**
 * The repositories that a playground starts with, rendered for these settings. The same settings give the same files.
 * @throws Error when the content has a placeholder that nothing fills, or a setting cannot stand in the content: bugs, not wrong use.
 */
export function seededRepositories(settings: RepositorySettings): SeededRepository[] {
  const render = createRenderer(placeholders(settings));
  return templates.map(({ folder: folderOf, name: nameOf, role, description }) => {
    const folder = folderOf(settings);
    const name = nameOf(settings);
    const files = filesBelow(builtFile('repos', folder)).map((file) => ({
      path: render(file.path, `${folder}/${file.path}`),
      content: render(file.content, `${folder}/${file.path}`),
    }));
    const all = name === 'operator' ? withAddons(files, settings, render) : files;
    return { name, role, description, files: all.map(toSeededFile) };
  });
}

/** The operator's repository with what was asked for beside the loop. */
function withAddons(
  files: readonly RenderedFile[],
  settings: RepositorySettings,
  render: Render,
): readonly RenderedFile[] {
  const {
    addons = [],
    platform = 'k3d',
    bundled = false,
    gitServer = 'gitea',
    gitClusterUrl,
    organization,
    application,
  } = settings;
  const repositoryUrl = `${withoutSlash(gitClusterUrl)}/${organization}/operator.git`;
  const added = addonFiles(addons, { repositoryUrl, platform, bundled, gitServer }, render);
  if (!addons.includes('autoscaling')) return [...files, ...added];
  const production = `applications/${application}-production.yaml`;
  return [
    ...files.map((file) =>
      file.path === production ? { ...file, content: leaveReplicas(file.content) } : file,
    ),
    ...added,
  ];
}

function toSeededFile({ path, content }: RenderedFile): SeededFile {
  return { path: path.replace(UNDERSCORED, '$1.$2'), content, executable: content.startsWith('#!') };
}

/** The first objects (for Argo CD an Application and its project), which are applied to the cluster before the operator reads anything from Git. */
export function bootstrapManifests(repositories: readonly SeededRepository[]): SeededFile[] {
  const files = repositories.find(({ name }) => name === 'operator')?.files ?? [];
  return [
    ...files.filter(({ path }) => path.startsWith('projects/')),
    ...files.filter(({ path }) => path === 'playground.yaml'),
  ];
}

/** npm treats a `.gitignore` in a package as its own, so it is kept as `_gitignore`. */
const UNDERSCORED = /(^|\/)_(gitignore)$/;

/** What stands in the place of the placeholders of the seeded files. */
export function placeholders(settings: RepositorySettings): Readonly<Record<string, string>> {
  return {
    ORGANIZATION: settings.organization,
    APPLICATION: settings.application,
    GIT_URL: withoutSlash(settings.gitUrl),
    GIT_CLUSTER_URL: withoutSlash(settings.gitClusterUrl),
    CI_URL: withoutSlash(settings.ciUrl),
    REGISTRY_HOST: settings.registryHost,
    REGISTRY_SERVICE: registryServiceHost,
    REGISTRY_ALIAS: registryAliasHost,
    INGRESS_PORT: String(settings.ingressPort),
    RECONCILE_SECONDS: String(settings.reconcileSeconds ?? 30),
    // Gitea signs as GitHub does, which Flux verifies; SCM-Manager's calls say no more than that there was a push.
    RECEIVER_TYPE: settings.gitServer === 'scm-manager' ? 'generic' : 'github',
    GIT_SERVER: settings.gitServer ?? 'gitea',
    PULLS_PAGE: gitPages(settings.gitServer ?? 'gitea').pulls,
    COMMITS_PAGE: gitPages(settings.gitServer ?? 'gitea').commits('main'),
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

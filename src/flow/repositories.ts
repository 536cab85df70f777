import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { builtFile } from '../lib/package.ts';

/** What the content of the repositories has to know about the playground that it is rendered for. */
export interface RepositorySettings {
  readonly organization: string;
  readonly application: string;
  /** The Git server as the person's browser and git see it. */
  readonly gitUrl: string;
  /** The Git server as the CI server and the GitOps operator see it. */
  readonly gitClusterUrl: string;
  readonly ciUrl: string;
  /** `host:port` in image references, as the CI server pushes to it and the nodes pull from it. */
  readonly registryHost: string;
  readonly ingressPort: number;
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
  readonly folder: string;
  readonly name: (settings: RepositorySettings) => string;
  readonly role: RepositoryRole;
  readonly description: string;
}

const templates: readonly Template[] = [
  {
    folder: 'app',
    name: ({ application }) => application,
    role: 'app',
    description: 'The application: its sources, its tests, its image, and how each stage runs it.',
  },
  {
    folder: 'gitops',
    name: () => 'gitops',
    role: 'gitops',
    description: 'What should run in the cluster: one folder a stage.',
  },
  {
    folder: 'operator',
    name: () => 'operator',
    role: 'gitops',
    description: 'What the GitOps operator works on: projects and applications.',
  },
  {
    folder: 'pipeline-library',
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
  const render = createRenderer(settings);
  return templates.map(({ folder, name, role, description }) => ({
    name: name(settings),
    role,
    description,
    files: filesBelow(builtFile('repos', folder)).map((file) => {
      const source = `${folder}/${file.path}`;
      const content = render(file.content, source);
      return {
        path: render(file.path, source).replace(UNDERSCORED, '$1.$2'),
        content,
        executable: content.startsWith('#!'),
      };
    }),
  }));
}

/** The first Application and its project, which are applied to the cluster before the operator reads anything from Git. */
export function bootstrapManifests(repositories: readonly SeededRepository[]): SeededFile[] {
  const files = repositories.find(({ name }) => name === 'operator')?.files ?? [];
  return [
    ...files.filter(({ path }) => path.startsWith('projects/')),
    ...files.filter(({ path }) => path === 'playground.yaml'),
  ];
}

/** npm treats a `.gitignore` in a package as its own, so it is kept as `_gitignore`. */
const UNDERSCORED = /(^|\/)_(gitignore)$/;

const PLACEHOLDER = /__([A-Z]+(?:_[A-Z]+)*)__/g;

/**
 * Fills the placeholders of a text.
 * @param more further values by name, beside those of the repositories.
 * @throws Error (in the function that it gives) where a text has a placeholder that nothing fills.
 */
export function createRenderer(
  settings: RepositorySettings,
  more: Readonly<Record<string, string>> = {},
): (text: string, file: string) => string {
  const values: Readonly<Record<string, string>> = {
    ORGANIZATION: settings.organization,
    APPLICATION: settings.application,
    GIT_URL: withoutSlash(settings.gitUrl),
    GIT_CLUSTER_URL: withoutSlash(settings.gitClusterUrl),
    CI_URL: withoutSlash(settings.ciUrl),
    REGISTRY_HOST: settings.registryHost,
    INGRESS_PORT: String(settings.ingressPort),
    ...more,
  };
  for (const [name, value] of Object.entries(values)) {
    // The values stand inside YAML, Groovy, JavaScript and shell commands: nothing that one of them would read as its own.
    if (!/^[\w.:/[\]-]+$/.test(value))
      throw new Error(`${name} cannot be rendered: ${JSON.stringify(value)}`);
  }
  return (text, file) =>
    text.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`${file} has the unknown placeholder ${placeholder}`);
      return value;
    });
}

function filesBelow(folder: string): { path: string; content: string }[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return { path: relative(folder, file).split(sep).join('/'), content: readFileSync(file, 'utf8') };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

import { LineCounter, parseAllDocuments } from 'yaml';
import type { ApplicationCondition, ApplicationSource } from '../../clients/argocd-types.ts';
import { remembered } from '../../lib/remembered.ts';
import { matchesGlob } from './glob.ts';
import { describeKey, isRecord, keyOf, keyText, type Manifest } from './objects.ts';

/** A file of the repository, by its path from the repository's root. */
export interface SourceFile {
  readonly path: string;
  readonly content: string;
}

/** Why the desired state could not be read; the message says where, and how to mend it. */
export class ManifestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ManifestError';
  }
}

/** Why the embedded engine cannot render a source, and which engine can; undefined for plain directories. */
export function refuseSource(source: ApplicationSource | undefined, several: boolean): string | undefined {
  const unsupported = (what: string) =>
    `${what} are not supported by the Argo-CD-compatible controller of the embedded engine, ` +
    'which renders plain directories only; start the playground with `--engine k3d` for them';
  if (several) return unsupported('several sources (spec.sources)');
  if (source === undefined) return undefined;
  if ((source.chart ?? '') !== '' || source.helm !== undefined) return unsupported('Helm sources');
  if (source.kustomize !== undefined) return unsupported('Kustomize sources');
  if (source.plugin !== undefined) return unsupported('config management plugins');
  if (isRecord(source.directory?.jsonnet) && Object.keys(source.directory.jsonnet).length > 0) {
    return unsupported('Jsonnet sources');
  }
  return undefined;
}

/** Names of a folder's own files that mark it for another tool. */
const FOREIGN: Readonly<Record<string, string>> = {
  'Chart.yaml': 'Helm charts',
  'kustomization.yaml': 'Kustomize folders',
  'kustomization.yml': 'Kustomize folders',
  Kustomization: 'Kustomize folders',
};

/**
 * Which files of a folder are manifests. `names` are paths below the folder.
 * @throws ManifestError when the folder belongs to Helm or Kustomize.
 */
export function selectFiles(names: readonly string[], source: ApplicationSource): string[] {
  const { recurse = false, include = '', exclude = '' } = source.directory ?? {};
  // Argo CD detects the tool by these files, unless spec.source.directory says that it is a plain directory.
  if (source.directory === undefined) {
    for (const name of names) {
      const tool = FOREIGN[name];
      if (tool !== undefined) {
        throw new ManifestError(
          `${source.path ?? ''}/${name}: ${tool} are not supported by the Argo-CD-compatible controller of the ` +
            'embedded engine; start the playground with `--engine k3d` for them',
        );
      }
    }
  }
  return names
    .filter((name) => /\.(ya?ml|json)$/i.test(name))
    .filter((name) => recurse || !name.includes('/'))
    .filter((name) => include === '' || matchesGlob(include, name, '/'))
    .filter((name) => exclude === '' || !matchesGlob(exclude, name, '/'))
    .sort();
}

/**
 * The objects of the files, in the order of files and documents; `List` objects are taken apart.
 * @throws ManifestError with file and line for the first thing that is no manifest.
 */
export function parseManifests(files: readonly SourceFile[]): Manifest[] {
  // What is done with the objects of one commit must not show in those of another.
  return files.flatMap((file) => structuredClone(parseFile(file)) as Manifest[]);
}

/** Most files are the same in one commit and the next. */
const parseFile = remembered(64, ({ path, content }: SourceFile) => `${path}\0${content}`, readFile);

function readFile({ path, content }: SourceFile): readonly Manifest[] {
  // A file can be kept from being read, for values of other tools that lie beside the manifests.
  if (content.includes('+argocd:skip-file-rendering')) return [];
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(content, { lineCounter, version: '1.2', uniqueKeys: true });
  const objects: Manifest[] = [];
  for (const document of 'empty' in documents ? [] : documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      const [reason = 'not YAML'] = error.message.split(/ at line |\n/);
      const shown = (content.split('\n')[line - 1] ?? '').trim().slice(0, 120);
      throw new ManifestError(
        `${path}:${line}:${col}: the manifest does not parse: ${reason.replace(/[:.]$/, '')}: "${shown}"`,
      );
    }
    const value = document.toJS({ maxAliasCount: 100 }) as unknown;
    if (value === null || value === undefined) continue;
    const { line } = lineCounter.linePos(document.contents?.range?.[0] ?? document.range[0]);
    objects.push(...toManifests(value, `${path}:${line}`));
  }
  return objects;
}

function toManifests(value: unknown, place: string): Manifest[] {
  if (!isRecord(value)) throw new ManifestError(`${place}: a Kubernetes object was expected here`);
  if (typeof value['apiVersion'] !== 'string' || value['apiVersion'] === '') {
    throw new ManifestError(`${place}: the object has no apiVersion`);
  }
  if (typeof value['kind'] !== 'string' || value['kind'] === '') {
    throw new ManifestError(`${place}: the object has no kind`);
  }
  if (value['kind'] === 'List' && Array.isArray(value['items'])) {
    return value['items'].flatMap((item) => toManifests(item, place));
  }
  const { metadata } = value;
  const named = (field: string) =>
    isRecord(metadata) && typeof metadata[field] === 'string' && metadata[field] !== '';
  if (!named('name') && !named('generateName')) {
    throw new ManifestError(`${place}: the ${value['kind']} has no metadata.name`);
  }
  for (const field of ['labels', 'annotations']) {
    const texts = isRecord(metadata) ? metadata[field] : undefined;
    if (texts === undefined || texts === null) continue;
    if (!isRecord(texts)) throw new ManifestError(`${place}: metadata.${field} has to be a mapping`);
    for (const [name, text] of Object.entries(texts)) {
      if (typeof text !== 'string') {
        throw new ManifestError(
          `${place}: metadata.${field}.${name} has to be a text; put ${JSON.stringify(text)} in quotes`,
        );
      }
    }
  }
  return [value as Manifest];
}

/** What is known about a kind: whether its objects live in a namespace. Undefined for unknown kinds. */
export type Scope = (object: Manifest) => boolean | undefined;

/**
 * Gives namespaced objects that name no namespace the Application's, and takes it from cluster-scoped ones.
 * An object that stands twice counts once, the last one, with a warning as Argo CD gives it.
 */
export function settleNamespaces(
  objects: readonly Manifest[],
  namespace: string,
  scope: Scope,
): { objects: Manifest[]; conditions: ApplicationCondition[] } {
  const found = new Map<string, { object: Manifest; times: number }>();
  for (const object of objects) {
    const { namespace: own, ...metadata } = object.metadata;
    const settled: Manifest =
      scope(object) === false
        ? { ...object, metadata }
        : { ...object, metadata: { ...object.metadata, namespace: own ?? namespace } };
    const id = keyText(keyOf(settled));
    const before = object.metadata.name === undefined ? undefined : found.get(id);
    found.delete(id);
    const place = object.metadata.name === undefined ? `${id}${found.size}` : id;
    found.set(place, { object: settled, times: (before?.times ?? 0) + 1 });
  }
  const conditions = [...found.values()]
    .filter(({ times }) => times > 1)
    .map(({ object, times }) => ({
      type: 'RepeatedResourceWarning',
      message: `Resource ${describeKey(keyOf(object))} appeared ${times} times among application resources.`,
    }));
  return { objects: [...found.values()].map(({ object }) => object), conditions };
}

import type {
  Application,
  ApplicationCondition,
  ApplicationSource,
  AppProject,
} from '../../clients/argocd-types.ts';
import { messageOf } from '../../lib/errors.ts';
import { sha256 } from '../../lib/ids.ts';
import { ClusterError, type ClusterAccess, type Kind } from './cluster.ts';
import { differs, ignoredPaths, ignoresFor, normalize, type Step } from './diff.ts';
import type { LiveObjects } from './live.ts';
import { ManifestError, parseManifests, refuseSource, selectFiles, settleNamespaces } from './manifests.ts';
import { keyOf, keyText, type Manifest } from './objects.ts';
import { refuseResource, validateSpec } from './projects.ts';
import type { Repositories } from './repository/repositories.ts';
import { RepositoryError } from './repository/remote.ts';
import type { Compared, Comparison } from './status.ts';
import { hasOption } from './sync/plan.ts';
import { isHook } from './sync/waves.ts';
import { ownerOf, track } from './tracking.ts';

/** What a dry run said, for as long as neither side changes. */
interface Verdict {
  readonly target: string;
  readonly live: string;
  version: string | undefined;
  readonly synced: boolean;
  /** Why the server refused the dry run. */
  readonly problem?: string;
}

/** Most desired states that are kept parsed. */
const PARSED_LIMIT = 64;

/**
 * Compares what Git says with what the cluster has. A server-side dry run is the judge; its verdicts are kept,
 * so that comparing again costs no request until the desired or the live object changes.
 */
export class Comparer {
  readonly #cluster: ClusterAccess;
  readonly #live: LiveObjects;
  readonly #repositories: Repositories;
  readonly #parsed = new Map<string, Promise<Manifest[]>>();
  readonly #verdicts = new Map<string, Map<string, Verdict>>();

  constructor(cluster: ClusterAccess, live: LiveObjects, repositories: Repositories) {
    this.#cluster = cluster;
    this.#live = live;
    this.#repositories = repositories;
  }

  /**
   * @param at a source and revision other than the spec's: an operation's own.
   * Everything that is wrong with the spec or the repository comes back as conditions; only an API that does
   * not answer is thrown.
   */
  async compare(
    app: Application,
    project: AppProject | undefined,
    at: { readonly source?: ApplicationSource; readonly revision?: string } = {},
  ): Promise<Comparison> {
    const failed = (conditions: ApplicationCondition[], revision?: string): Comparison => ({
      revision,
      resources: [],
      hooks: [],
      conditions,
      failed: true,
    });
    const invalid = validateSpec(app.spec, project);
    if (invalid.length > 0 || project === undefined) return failed(invalid);
    const source = at.source ?? app.spec.source;
    const refused = refuseSource(
      source,
      (app.spec.sources ?? []).length > 0 || app.spec.sourceHydrator != null,
    );
    if (refused !== undefined) return failed([comparisonError(refused)]);
    if (source === undefined) return failed([comparisonError('spec.source is missing')]);

    let revision: string | undefined;
    let parsed: Manifest[];
    try {
      revision = await this.#repositories.resolve(
        source.repoURL,
        at.revision ?? source.targetRevision ?? 'HEAD',
      );
      parsed = await this.#manifests(source, revision);
    } catch (error) {
      if (!(error instanceof RepositoryError || error instanceof ManifestError)) throw error;
      return failed([comparisonError(error.message)], revision);
    }
    const problem = this.#repositories.problem(source.repoURL);
    const conditions = problem === undefined ? [] : [comparisonError(problem)];
    return this.#compareObjects(app, project, revision, parsed, conditions);
  }

  /** Why the server refuses a target as it is, where a comparison has found out. */
  problemOf(app: Application, target: Manifest): string | undefined {
    return this.#verdicts.get(app.metadata.name)?.get(keyText(keyOf(target)))?.problem;
  }

  /** Remembers that a target was just applied with this answer, so that the next comparison needs no dry run. */
  applied(app: Application, target: Manifest, answer: Manifest): void {
    const verdicts = this.#verdictsOf(app.metadata.name);
    verdicts.set(keyText(keyOf(target)), {
      target: fingerprint(target, ignoresFor(target, app.spec.ignoreDifferences ?? [])),
      live: fingerprint(normalize(answer)),
      version: answer.metadata.resourceVersion,
      synced: true,
    });
  }

  /** Drops what is known about an Application: it is gone, or a hard refresh wants everything anew. */
  forget(application: string): void {
    this.#verdicts.delete(application);
  }

  forgetManifests(): void {
    this.#parsed.clear();
  }

  /** Follows every kind that the Application has deployed, so that nothing of it is overlooked. */
  async followKinds(app: Application): Promise<void> {
    await this.#needKinds(app, []);
  }

  async #compareObjects(
    app: Application,
    project: AppProject,
    revision: string,
    parsed: readonly Manifest[],
    conditions: ApplicationCondition[],
  ): Promise<Comparison> {
    const kinds = await this.#needKinds(app, parsed);
    const scope = ({ apiVersion, kind }: Manifest) => kinds.get(`${apiVersion}/${kind}`)?.namespaced;
    const settled = settleNamespaces(parsed, app.spec.destination.namespace ?? '', scope);
    conditions.push(...settled.conditions);
    const unsupported = new Set(
      (app.spec.ignoreDifferences ?? []).flatMap((entry) => ignoredPaths(entry).unsupported),
    );
    for (const expression of unsupported) {
      conditions.push({
        type: 'UnknownError',
        message:
          `spec.ignoreDifferences: "${expression}" is not supported by the embedded engine, which knows jsonPointers ` +
          'and plain paths (.spec.containers[].image); start the playground with `--engine k3d` for it',
      });
    }
    for (const { kind, metadata, apiVersion } of settled.objects) {
      if (metadata.namespace === '' && kinds.has(`${apiVersion}/${kind}`)) {
        conditions.push({
          type: 'InvalidSpecError',
          message: `Namespace for ${metadata.name} ${apiVersion}, Kind=${kind} is missing.`,
        });
      }
    }
    const hooks = settled.objects.filter((object) => isHook(object));
    const targets = settled.objects
      .filter((object) => !isHook(object))
      .map((object) => track(object, app.metadata.name));
    const before = this.#verdicts.get(app.metadata.name) ?? new Map<string, Verdict>();
    const verdicts = new Map<string, Verdict>();
    this.#verdicts.set(app.metadata.name, verdicts);
    const desired = await Promise.all(
      targets.map(async (target): Promise<Compared> => {
        const live = this.#live.get(keyOf(target));
        const kind = kinds.get(`${target.apiVersion}/${target.kind}`);
        const other = live === undefined ? undefined : ownerOf(live);
        if (live !== undefined && other !== undefined && other !== app.metadata.name) {
          conditions.push({
            type: 'SharedResourceWarning',
            message: `${target.kind}/${target.metadata.name} is part of applications ${app.metadata.name} and ${other}`,
          });
        }
        if (live === undefined || kind === undefined) {
          return { target, synced: false, ...(live === undefined ? {} : { live }) };
        }
        const id = keyText(keyOf(target));
        const verdict = await this.#judge(app, kind, target, live, before.get(id));
        verdicts.set(id, verdict);
        return { target, live, synced: verdict.synced };
      }),
    );
    return {
      revision,
      resources: [...desired, ...this.#extraneous(app, project, targets)],
      hooks,
      conditions,
      failed: false,
      unknownKinds: parsed.some(({ apiVersion, kind }) => !kinds.has(`${apiVersion}/${kind}`)),
    };
  }

  async #judge(
    app: Application,
    kind: Kind,
    target: Manifest,
    live: Manifest,
    before: Verdict | undefined,
  ): Promise<Verdict> {
    const ignores = ignoresFor(target, app.spec.ignoreDifferences ?? []);
    const wanted = fingerprint(target, ignores);
    const version = live.metadata.resourceVersion;
    if (before?.target === wanted && before.version === version) return before;
    const present = fingerprint(normalize(live));
    if (before?.target === wanted && before.live === present) {
      before.version = version;
      return before;
    }
    const options = app.spec.syncPolicy?.syncOptions ?? [];
    const validate = !options.includes('Validate=false') && !hasOption(target, 'Validate=false');
    const paths: Step[][] = ignores.flatMap((entry) => ignoredPaths(entry).paths);
    try {
      const predicted = await this.#cluster.apply(kind, target, { dryRun: true, validate });
      return { target: wanted, live: present, version, synced: !differs(live, predicted, paths) };
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status >= 500) throw error;
      return { target: wanted, live: present, version, synced: false, problem: messageOf(error) };
    }
  }

  /** What is live, the Application's by its tracking id, and not in Git any more. */
  #extraneous(app: Application, project: AppProject, targets: readonly Manifest[]): Compared[] {
    const wanted = new Set(targets.map((target) => keyText(keyOf(target))));
    return this.#live
      .ownedBy(app.metadata.name)
      .filter((live) => !wanted.has(keyText(keyOf(live))))
      .filter((live) => (live.metadata.ownerReferences ?? []).length === 0 && !isHook(live))
      .filter((live) => refuseResource(project, keyOf(live)) === undefined)
      .map((live) => ({ live, synced: false }));
  }

  /** Follows every kind that is desired, or was deployed before. */
  async #needKinds(app: Application, parsed: readonly Manifest[]): Promise<Map<string, Kind>> {
    const wanted = new Map(parsed.map((object) => [`${object.apiVersion}/${object.kind}`, object] as const));
    for (const { group, version, kind } of app.status?.resources ?? []) {
      const apiVersion = group === undefined || group === '' ? version : `${group}/${version}`;
      wanted.set(`${apiVersion}/${kind}`, { apiVersion, kind, metadata: { name: '' } });
    }
    const found = await Promise.all(
      [...wanted].map(
        async ([id, { apiVersion, kind }]) => [id, await this.#live.need(apiVersion, kind)] as const,
      ),
    );
    return new Map(found.flatMap(([id, kind]) => (kind === undefined ? [] : [[id, kind] as const])));
  }

  #manifests(source: ApplicationSource, revision: string): Promise<Manifest[]> {
    const id = JSON.stringify([source.repoURL, revision, source.path, source.directory]);
    const known = this.#parsed.get(id);
    if (known !== undefined) return known;
    const loading = this.#load(source, revision);
    this.#parsed.set(id, loading);
    // A file that does not parse stays so at this commit, but a mirror may come back.
    loading.catch((error: unknown) => {
      if (!(error instanceof ManifestError)) this.#parsed.delete(id);
    });
    const [oldest] = this.#parsed.keys();
    if (this.#parsed.size > PARSED_LIMIT && oldest !== undefined) this.#parsed.delete(oldest);
    return loading;
  }

  async #load(source: ApplicationSource, revision: string): Promise<Manifest[]> {
    const mirror = this.#repositories.mirror(source.repoURL);
    const path = source.path ?? '';
    const names = await mirror.list(revision, path, source.directory?.recurse === true);
    const files = await mirror.read(revision, path, selectFiles(names, source));
    return parseManifests(files);
  }

  #verdictsOf(application: string): Map<string, Verdict> {
    const verdicts = this.#verdicts.get(application) ?? new Map<string, Verdict>();
    this.#verdicts.set(application, verdicts);
    return verdicts;
  }
}

function comparisonError(message: string): ApplicationCondition {
  return { type: 'ComparisonError', message };
}

function fingerprint(...values: unknown[]): string {
  return sha256(JSON.stringify(values));
}

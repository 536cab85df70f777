import type { Cluster, KubernetesObject, ResourceType } from '../cluster.ts';
import { invalid } from '../errors.ts';
import { typeKey, type CustomVersion, type Kind, type PrinterColumn, type ScalePaths } from '../kinds.ts';
import type { KindRegistry } from '../registry.ts';
import { asArray, asObject, isObject, type JsonObject } from '../storage/json.ts';
import { Problems } from '../admission/problems.ts';
import { defaultNames, validateDefinition } from './definition.ts';

/** Holds a definition back until its objects are gone. */
const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

const TYPE: ResourceType = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };

/** Keeps the registry of kinds in step with the CustomResourceDefinitions. */
export class CustomKinds {
  static readonly TYPE = TYPE;
  readonly #kinds: KindRegistry;

  constructor(kinds: KindRegistry) {
    this.#kinds = kinds;
  }

  /** Defaults, validates and gives the conditions of a definition that is about to be stored. */
  admit(next: KubernetesObject, previous: KubernetesObject | undefined, now: string): void {
    defaultNames(next);
    const problems = new Problems();
    validateDefinition(next, previous, problems);
    if (problems.causes.length > 0) {
      throw invalid(
        { kind: 'CustomResourceDefinition', group: TYPE.group },
        next.metadata.name,
        problems.causes,
      );
    }
    const finalizers = new Set(next.metadata.finalizers);
    if (next.metadata.deletionTimestamp === undefined) finalizers.add(CLEANUP);
    if (finalizers.size > 0) next.metadata.finalizers = [...finalizers];
    const spec = asObject(next.spec);
    const taken = this.#takenBy(spec);
    const before = asObject(previous?.status);
    const stored = new Set(asArray(before.storedVersions));
    for (const version of asArray(spec.versions)) {
      if (asObject(version).storage === true) stored.add(asObject(version).name);
    }
    next.status = {
      ...before,
      conditions: merged(asArray(before.conditions), conditionsOf(taken), now),
      acceptedNames: taken === undefined ? spec.names : (before.acceptedNames ?? { kind: '', plural: '' }),
      storedVersions: [...stored],
    };
  }

  /** Serves the kind of an established definition from now on. */
  establish(definition: KubernetesObject): void {
    if (conditionStatus(definition, 'Established') !== 'True') return;
    this.#kinds.register(kindOf(definition));
  }

  /** Notes in the conditions that a definition is going. */
  markDeleted(definition: KubernetesObject, now: string): void {
    const status = asObject(definition.status);
    const terminating = {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionInProgress',
      message: 'CustomResource deletion is in progress',
    };
    definition.status = { ...status, conditions: merged(asArray(status.conditions), [terminating], now) };
  }

  /** To be called after every stored change: serves a new kind, or empties one that is going. */
  afterChange(type: ResourceType, object: KubernetesObject, cluster: Cluster): void {
    if (typeKey(type) !== typeKey(TYPE)) return;
    if (object.metadata.deletionTimestamp === undefined) {
      this.establish(object);
      return;
    }
    if (object.metadata.finalizers?.includes(CLEANUP) !== true) return;
    const instances = instanceType(object);
    if (this.#kinds.find(instances)?.custom === undefined) {
      this.#release(object, cluster);
      return;
    }
    for (const { metadata } of cluster.list(instances))
      cluster.delete(instances, metadata.namespace, metadata.name);
    this.#releaseIfEmpty(instances, cluster);
  }

  /** To be called after every removal. */
  afterRemoval(type: ResourceType, object: KubernetesObject, cluster: Cluster): void {
    if (typeKey(type) === typeKey(TYPE)) this.#kinds.unregister(instanceType(object));
    else if (this.#kinds.find(type)?.custom !== undefined) this.#releaseIfEmpty(type, cluster);
  }

  #releaseIfEmpty(instances: ResourceType, cluster: Cluster): void {
    if (cluster.list(instances).length > 0) return;
    const definition = cluster.get(TYPE, undefined, `${instances.resource}.${instances.group}`);
    if (definition?.metadata.deletionTimestamp !== undefined) this.#release(definition, cluster);
  }

  #release(definition: KubernetesObject, cluster: Cluster): void {
    if (definition.metadata.finalizers?.includes(CLEANUP) !== true) return;
    const finalizers = definition.metadata.finalizers.filter((finalizer) => finalizer !== CLEANUP);
    cluster.update(TYPE, { ...definition, metadata: { ...definition.metadata, finalizers } });
  }

  #takenBy(spec: JsonObject): Kind | undefined {
    const names = asObject(spec.names);
    return this.#kinds
      .all()
      .find(
        (kind) => kind.group === spec.group && kind.resource !== names.plural && kind.kind === names.kind,
      );
  }
}

function instanceType(definition: KubernetesObject): ResourceType {
  const spec = asObject(definition.spec);
  return { group: String(spec.group), resource: String(asObject(spec.names).plural) };
}

function conditionStatus(definition: KubernetesObject, type: string): unknown {
  const conditions = asArray(asObject(definition.status).conditions).map(asObject);
  return conditions.find((condition) => condition.type === type)?.status;
}

function conditionsOf(taken: Kind | undefined): JsonObject[] {
  if (taken === undefined) {
    return [
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ];
  }
  return [
    {
      type: 'NamesAccepted',
      status: 'False',
      reason: 'KindConflict',
      message: `"${taken.kind}" is already in use`,
    },
    { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
  ];
}

/** New conditions over the old ones; a time of transition stays where the status did not change. */
function merged(before: readonly unknown[], conditions: readonly JsonObject[], now: string): JsonObject[] {
  const result = before
    .map(asObject)
    .filter((old) => !conditions.some((condition) => condition.type === old.type));
  for (const condition of conditions) {
    const old = before.map(asObject).find((candidate) => candidate.type === condition.type);
    const lastTransitionTime = old?.status === condition.status ? old?.lastTransitionTime : now;
    result.push({ lastTransitionTime, ...condition });
  }
  return result;
}

function kindOf(definition: KubernetesObject): Kind {
  const spec = asObject(definition.spec);
  const names = asObject(spec.names);
  const versions = asArray(spec.versions).map(asObject);
  const served = versions.filter((version) => version.served === true);
  const storage = versions.find((version) => version.storage === true);
  const own = served.map(customVersion).sort((a, b) => comparePriority(a.name, b.name));
  return {
    group: String(spec.group),
    version: String(storage?.name),
    resource: String(names.plural),
    kind: String(names.kind),
    singular: String(names.singular),
    namespaced: spec.scope === 'Namespaced',
    shortNames: asArray(names.shortNames).map(String),
    categories: asArray(names.categories).map(String),
    subresources:
      own.find((version) => version.name === storage?.name)?.subresources ?? own[0]?.subresources ?? [],
    generation: true,
    custom: { versions: own, listKind: String(names.listKind) },
  };
}

function customVersion(version: JsonObject): CustomVersion {
  const subresources = asObject(version.subresources);
  const scale = isObject(subresources.scale) ? (subresources.scale as unknown as ScalePaths) : undefined;
  const name = String(version.name);
  return {
    name,
    schema: asObject(asObject(version.schema).openAPIV3Schema),
    subresources: [
      ...(isObject(subresources.status) ? (['status'] as const) : []),
      ...(scale === undefined ? [] : (['scale'] as const)),
    ],
    ...(scale === undefined ? {} : { scale }),
    columns: asArray(version.additionalPrinterColumns) as PrinterColumn[],
    ...(version.deprecated === true
      ? {
          deprecationWarning:
            typeof version.deprecationWarning === 'string'
              ? version.deprecationWarning
              : `version ${name} is deprecated`,
        }
      : {}),
  };
}

/** Stable versions before betas before alphas, newer ones first (CRD versioning, "Version priority"). */
function comparePriority(one: string, other: string): number {
  const rank = (version: string): readonly number[] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return [0, 0, 0];
    const [, major = '0', stage, minor = '0'] = match;
    return [stage === undefined ? 3 : stage === 'beta' ? 2 : 1, Number(major), Number(minor)];
  };
  const [a, b] = [rank(one), rank(other)];
  for (let i = 0; i < 3; i += 1) if (a[i] !== b[i]) return (b[i] ?? 0) - (a[i] ?? 0);
  return one < other ? -1 : Number(one > other);
}

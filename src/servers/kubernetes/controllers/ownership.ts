import { randomInt } from 'node:crypto';
import type { LabelSelector } from 'kubernetes-types/meta/v1';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { Cluster, KubernetesObject, ObjectMeta, OwnerReference, ResourceType } from '../cluster.ts';
import type { Pod } from './objects.ts';
import { matchesSelector } from './selectors.ts';

/** The reference by which an object names the controller that made it. */
export function controllerReference(owner: KubernetesObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/**
 * The objects of a type that belong to an owner. Objects without a controller whose labels match are adopted, own
 * ones whose labels match no more are released, as ControllerRefManager does it.
 */
export function claim<T extends KubernetesObject>(
  cluster: Cluster,
  type: ResourceType,
  owner: KubernetesObject,
  selector: LabelSelector | undefined,
): T[] {
  const { namespace, uid, deletionTimestamp } = owner.metadata;
  const claimed: T[] = [];
  for (const object of cluster.list<T>(type, namespace === undefined ? {} : { namespace })) {
    const controller = controllerOf(object);
    const matches = matchesSelector(selector, object.metadata.labels);
    if (controller?.uid === uid) {
      if (matches || deletionTimestamp !== undefined) claimed.push(object);
      else changeOwners(cluster, type, object, (owners) => owners.filter((entry) => entry.uid !== uid));
    } else if (
      controller === undefined &&
      matches &&
      deletionTimestamp === undefined &&
      object.metadata.deletionTimestamp === undefined
    ) {
      claimed.push(changeOwners(cluster, type, object, (owners) => [...owners, controllerReference(owner)]));
    }
  }
  return claimed;
}

function changeOwners<T extends KubernetesObject>(
  cluster: Cluster,
  type: ResourceType,
  object: T,
  change: (owners: readonly OwnerReference[]) => OwnerReference[],
): T {
  const owners = change(object.metadata.ownerReferences ?? []);
  return cluster.update<T>(type, { ...object, metadata: { ...object.metadata, ownerReferences: owners } });
}

/** A pod as a template describes it, owned by the object that holds the template. */
export function podFromTemplate(template: PodTemplateSpec, owner: KubernetesObject): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const generateName = `${owner.metadata.name}-`;
  const metadata: ObjectMeta = {
    name: generatedName(generateName),
    generateName,
    ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
    ...(labels === undefined ? {} : { labels: { ...labels } }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
    ownerReferences: [controllerReference(owner)],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: structuredClone(template.spec) ?? { containers: [] },
  };
}

/** Letters that make neither words nor each other's doubles (apimachinery, util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A base name and five random letters, cut to what a name may be. */
export function generatedName(base: string): string {
  return base.slice(0, 58) + randomLetters(5);
}

function randomLetters(count: number): string {
  return Array.from({ length: count }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
}

/** A number in the alphabet of generated names. */
export function safeEncode(text: string): string {
  return [...text].map((letter) => ALPHABET.charAt(letter.charCodeAt(0) % ALPHABET.length)).join('');
}

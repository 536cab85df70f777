import type { Manifest, ResourceKey } from './objects.ts';
import { keyOf } from './objects.ts';

/** Annotation that says which Application an object belongs to (the default method of Argo CD 3). */
const TRACKING_ANNOTATION = 'argocd.argoproj.io/tracking-id';

export interface TrackingId extends ResourceKey {
  readonly application: string;
}

/** `storefront-staging:apps/Deployment:staging/storefront` */
export function formatTrackingId({ application, group, kind, namespace, name }: TrackingId): string {
  return `${application}:${group}/${kind}:${namespace}/${name}`;
}

/** Reads a tracking id; undefined when the text is none. */
export function parseTrackingId(text: string): TrackingId | undefined {
  const match = /^([^:]*):([^:/]*)\/([^:/]+):([^:/]*)\/(.+)$/.exec(text);
  if (match === null) return undefined;
  const [, application = '', group = '', kind = '', namespace = '', name = ''] = match;
  return { application, group, kind, namespace, name };
}

/** The object with the annotation that makes it this Application's; the namespace must be settled before. */
export function track(object: Manifest, application: string): Manifest {
  const id = formatTrackingId({ application, ...keyOf(object) });
  return {
    ...object,
    metadata: {
      ...object.metadata,
      annotations: { ...object.metadata.annotations, [TRACKING_ANNOTATION]: id },
    },
  };
}

/**
 * The Application that a live object belongs to. A tracking id that names another object does not count: a
 * controller has copied the annotation to a child (a Deployment's to nothing, an operator's to many things).
 */
export function ownerOf(live: Manifest): string | undefined {
  const text = live.metadata.annotations?.[TRACKING_ANNOTATION];
  if (text === undefined) return undefined;
  const id = parseTrackingId(text);
  if (id === undefined) return undefined;
  const key = keyOf(live);
  const same = id.group === key.group && id.kind === key.kind && id.name === key.name;
  // A cluster-scoped object may carry the Application's namespace in its id.
  return same && (key.namespace === '' || id.namespace === key.namespace) ? id.application : undefined;
}

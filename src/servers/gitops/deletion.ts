import { RESOURCES_FINALIZER, type Application } from '../../clients/argocd-types.ts';
import type { Propagation } from './cluster.ts';
import type { Manifest } from './objects.ts';
import { hasOption } from './sync/plan.ts';
import { waveOf } from './sync/waves.ts';

/** The finalizer that holds a deleted Application until its objects are gone: plain, `/background` or `/foreground`. */
export function finalizerOf(app: Application): string | undefined {
  const { finalizers = [] } = app.metadata;
  return finalizers.find(
    (each) => each === RESOURCES_FINALIZER || each.startsWith(`${RESOURCES_FINALIZER}/`),
  );
}

export interface DeletionStep {
  /** What to delete now. */
  readonly remove: readonly Manifest[];
  readonly propagation: Propagation;
  /** How many objects have to be gone before the Application may go. */
  readonly remaining: number;
}

/** The next step of a cascading deletion: waves from the last to the first, each one gone before the next. */
export function deletionStep(owned: readonly Manifest[], finalizer: string): DeletionStep {
  const mine = owned.filter(
    (object) => (object.metadata.ownerReferences ?? []).length === 0 && !hasOption(object, 'Delete=false'),
  );
  const last = Math.max(...mine.map(waveOf));
  return {
    remove: mine.filter(
      (object) => waveOf(object) === last && object.metadata.deletionTimestamp === undefined,
    ),
    propagation: finalizer.endsWith('/background') ? 'Background' : 'Foreground',
    remaining: mine.length,
  };
}

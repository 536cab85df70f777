import type { Taint } from 'kubernetes-types/core/v1';
import type { Node, Pod } from './objects.ts';

export const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** The taints of a node; `kubectl cordon` counts as one, as on a cluster whose node controller writes it down. */
export function taintsOf({ spec }: Node): Taint[] {
  const cordon = spec?.unschedulable === true ? [{ key: UNSCHEDULABLE, effect: 'NoSchedule' }] : [];
  return [...(spec?.taints ?? []), ...cordon];
}

/** The tolerations of a pod that match a taint (core/v1, `ToleratesTaint`). */
export function tolerationsOf({ spec }: Pod, taint: Taint) {
  return (spec.tolerations ?? []).filter(
    ({ key = '', operator = 'Equal', value = '', effect = '' }) =>
      (effect === '' || effect === taint.effect) &&
      (key === '' || key === taint.key) &&
      (operator === 'Exists' || (key !== '' && value === (taint.value ?? ''))),
  );
}

import { stringify } from 'yaml';
import { compareLines, project, type DiffLine } from '../../../lib/diff.ts';
import { normalize } from '../diff.ts';
import type { Manifest } from '../objects.ts';
import { hideSecrets } from '../tree.ts';

/**
 * What a sync would change, as lines of YAML: the live object (only the fields that Git speaks about) against
 * the desired one.
 */
export function diffLines(live: Manifest | undefined, target: Manifest | undefined): DiffLine[] {
  const desired = target === undefined ? undefined : normalize(hideSecrets(target));
  const present = live === undefined ? undefined : normalize(hideSecrets(live));
  const shown = desired === undefined || present === undefined ? present : project(present, desired);
  const toLines = (value: unknown) =>
    value === undefined ? [] : stringify(value, { sortMapEntries: true, lineWidth: 0 }).trimEnd().split('\n');
  return compareLines(toLines(shown), toLines(desired));
}

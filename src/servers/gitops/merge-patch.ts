import { isRecord, sameJson } from './objects.ts';

/** The JSON merge patch (RFC 7396) that turns one value into another; undefined when they are equal. */
export function mergePatch(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const before = from[name];
    const after = to[name];
    if (sameJson(before, after)) continue;
    if (after === undefined) patch[name] = null;
    else if (isRecord(before) && isRecord(after)) {
      const inner = mergePatch(before, after);
      if (inner !== undefined) patch[name] = inner;
    } else patch[name] = after;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

import { containersOf } from './policies.mjs';
import { pathOf } from './schema.mjs';
import { readManifest } from './source.mjs';
import { REVISION } from './write.mjs';

/** The objects in the files of a stage, given as text by name. Each has its value and file, by "Kind/name". */
export function objectsOf(files) {
  const objects = new Map();
  for (const [file, text] of files) {
    if (!/\.(ya?ml|json)$/.test(file)) continue;
    for (const { value } of readManifest(file, [], Buffer.from(text)).objects) {
      objects.set(`${value.kind}/${value.metadata?.name}`, { file, value });
    }
  }
  return objects;
}

/** What changes between two readings of a stage: `{ id, file, change: added|removed|changed, fields: [{ path, from, to }] }`. */
export function compareStages(before, after) {
  const changes = [];
  for (const [id, { file, value }] of after) {
    const old = before.get(id);
    if (old === undefined) changes.push({ id, file, change: 'added', fields: [] });
    else {
      const fields = compare(old.value, value, []);
      if (fields.length > 0) changes.push({ id, file, change: 'changed', fields });
    }
  }
  for (const [id, { file }] of before) {
    if (!after.has(id)) changes.push({ id, file, change: 'removed', fields: [] });
  }
  return changes;
}

/** The revision and image of the application in a stage, undefined where it does not run yet. */
export function runningIn(stage) {
  for (const { value } of stage.values()) {
    const revision = value.metadata?.annotations?.[REVISION];
    if (revision !== undefined) {
      const images = containersOf({ value }).map(({ container }) => container.image);
      return { revision: String(revision), image: images.find((image) => image?.includes('@sha256:')) };
    }
  }
  return {};
}

function compare(from, to, path) {
  if (from === to) return [];
  if (isTree(from) && isTree(to) && Array.isArray(from) === Array.isArray(to)) {
    const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
    return [...keys].flatMap((key) => compare(from[key], to[key], [...path, Array.isArray(to) ? Number(key) : key]));
  }
  return [{ path: pathOf(path), from, to }];
}

function isTree(value) {
  return typeof value === 'object' && value !== null;
}

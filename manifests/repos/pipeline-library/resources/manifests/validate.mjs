import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { withCustomKinds } from './custom-kinds.mjs';
import { policies } from './policies.mjs';
import { references } from './references.mjs';
import { createSchemaCheck, pathOf } from './schema.mjs';
import { findManifests, readManifest } from './source.mjs';

/**
 * Looks at all manifests of the folders and gives all problems together: first the YAML, then the schema of each
 * object, then the policies on objects that have passed. `app` is the name of the image that the pipeline builds.
 */
export function validate(folders, { app, schema = readSchema() } = {}) {
  const problems = [];
  const files = folders.flatMap((folder) => findIn(folder, problems));
  const objects = files.flatMap((file) => readManifest(file, problems).objects);
  const unread = new Set(problems.map(({ file }) => dirname(file)));

  const check = createSchemaCheck(withCustomKinds(schema, objects));
  const valid = objects.filter((object) => {
    const before = problems.length;
    check(object, problems);
    return problems.length === before;
  });

  const byStage = groupByFolder(valid);
  const broken = new Set([...unread, ...objects.filter((object) => !valid.includes(object)).map(({ file }) => dirname(file))]);
  for (const [folder, stage] of byStage) {
    // What fits together can only be judged when every file of the stage could be read.
    const rules = broken.has(folder) ? policies : [...policies, ...references];
    for (const object of stage) for (const rule of rules) apply(rule, object, { app, stage }, problems);
  }
  problems.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column));
  return { problems, files, objects };
}

export function readSchema(file = new URL('../kubernetes-schema.json', import.meta.url)) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function apply({ name, reason, mend, check }, object, context, problems) {
  for (const [path, message] of check(object, context)) {
    problems.push({ ...object.at(path), path: pathOf(path), message, policy: { name, reason, mend } });
  }
}

function findIn(folder, problems) {
  try {
    const found = statSync(folder).isFile() ? [folder] : findManifests(folder);
    if (found.length === 0) problems.push({ file: folder, line: 1, column: 1, message: 'has no manifests' });
    return found;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    problems.push({ file: folder, line: 1, column: 1, message: 'there is no such folder' });
    return [];
  }
}

function groupByFolder(objects) {
  const groups = new Map();
  for (const object of objects) {
    const folder = dirname(object.file);
    groups.set(folder, [...(groups.get(folder) ?? []), object]);
  }
  return groups;
}

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { containersOf } from './policies.mjs';
import { findManifests, readManifest } from './source.mjs';

/** The annotation that says which commit of the application an object belongs to. */
export const REVISION = 'gitops-playground.io/revision';

const MARK = '# Written by the pipeline from ';

/**
 * Renders the manifests of one stage into the folder of the GitOps repository. Comments and formatting stay.
 * - The image named `app` becomes `image`, and so does the value of IMAGE in the same container.
 * - Every Deployment that runs it says its revision in an annotation.
 * - Files that an earlier run wrote and that are no longer in the source are removed; other files are left alone.
 * Gives the names of the files, and whether anything is different now.
 */
export function writeStage({ app, source, target, image, revision, origin = source }) {
  const files = findManifests(source).map((file) => ({ name: relative(source, file), file }));
  let used = false;
  const wanted = new Map();
  for (const { name, file } of files) {
    const problems = [];
    const { text, objects } = readManifest(file, problems);
    if (problems.length > 0) throw new Error(`${file} does not parse: validate it first`);
    const edited = objects.map((object) => putImage(object, { app, image, revision })).includes(true);
    used ||= edited;
    const content = edited ? render(objects, text) : text;
    wanted.set(name, name.endsWith('.json') ? content : `${MARK}${origin}/${name}: change it there.\n${content}`);
  }
  if (!used) throw new Error(`no container in ${source} has the image "${app}", so nothing would run what was built`);

  let changed = false;
  for (const name of writtenBefore(target)) {
    if (wanted.has(name)) continue;
    rmSync(join(target, name));
    changed = true;
  }
  for (const [name, content] of wanted) {
    const file = join(target, name);
    if (readIfExists(file) === content) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    changed = true;
  }
  return { files: [...wanted.keys()], changed };
}

/** Whether the object runs the image of the application, and if so, with the image and revision written into it. */
function putImage(object, { app, image, revision }) {
  const { document, value } = object;
  const own = containersOf(object).filter(({ container }) => container.image === app);
  for (const { container, path } of own) {
    setScalar(document, [...path, 'image'], image);
    const index = (container.env ?? []).findIndex(({ name }) => name === 'IMAGE');
    if (index >= 0) setScalar(document, [...path, 'env', index, 'value'], image);
    else document.addIn([...path, 'env', ...(container.env ? [] : [0])], document.createNode({ name: 'IMAGE', value: image }));
  }
  if (own.length > 0) {
    if (!value.metadata.annotations) document.setIn(['metadata', 'annotations'], document.createNode({}));
    setScalar(document, ['metadata', 'annotations', REVISION], revision);
  }
  return own.length > 0;
}

/** Sets a value but keeps the scalar that is there, with the comment behind it. */
function setScalar(document, path, value) {
  const node = document.getIn(path, true);
  if (node && 'value' in node) node.value = value;
  else document.setIn(path, value);
}

function render(objects, text) {
  const indentSeq = !/^( *)[\w-]+:[^\n]*\n\1- /m.test(text);
  return objects.map(({ document }) => document.toString({ lineWidth: 0, indentSeq })).join('');
}

function writtenBefore(folder) {
  let names;
  try {
    names = readdirSync(folder, { recursive: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return [];
  }
  return names.filter((name) => /\.ya?ml$/.test(name) && readFileSync(join(folder, name), 'utf8').startsWith(MARK));
}

function readIfExists(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}

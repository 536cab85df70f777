import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { containersOf } from './policies.mjs';
import { findManifests, readManifest } from './source.mjs';

/** The annotation that says which commit of the application an object belongs to. */
export const REVISION = 'gitops-playground.io/revision';

const MARK = '# Written by the pipeline from ';

/**
 * The manifests of one stage as they belong into the GitOps repository, by name. Comments and formatting stay.
 * - The image named `app` becomes `image`, and so does the value of IMAGE in the same container.
 * - Every object that runs it says its revision in an annotation.
 * - Each file begins with a line that says where it comes from.
 */
export function renderStage({ app, source, image, revision, origin = source }) {
  const rendered = new Map();
  let used = false;
  for (const file of findManifests(source)) {
    const name = relative(source, file).replaceAll('\\', '/');
    const problems = [];
    const { text, objects } = readManifest(file, problems);
    if (problems.length > 0) throw new Error(`${file} does not parse: validate it first`);
    const edited = objects.map((object) => putImage(object, { app, image, revision })).includes(true);
    used ||= edited;
    const content = edited ? print(objects, text) : text;
    rendered.set(name, name.endsWith('.json') ? content : `${MARK}${origin}/${name}: change it there.\n${content}`);
  }
  if (!used) throw new Error(`no container in ${source} has the image "${app}", so nothing would run what was built`);
  return rendered;
}

/** Whether an earlier run wrote this file. Only such files are removed when the source has them no more. */
export function isWritten(name, content) {
  return /\.ya?ml$/.test(name) && content.startsWith(MARK);
}

/** Brings a folder on disk to the rendered files; gives the names of those that are different now. */
export function writeStage({ target, ...order }) {
  const rendered = renderStage(order);
  const present = readFolder(target);
  const different = [...rendered].filter(([name, content]) => present.get(name) !== content);
  const gone = [...present].filter(([name, content]) => !rendered.has(name) && isWritten(name, content));
  for (const [name] of gone) rmSync(join(target, name));
  for (const [name, content] of different) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), content);
  }
  return [...different, ...gone].map(([name]) => name);
}

/** The manifests of a folder by name; none when there is no such folder. */
export function readFolder(folder) {
  if (!existsSync(folder)) return new Map();
  return new Map(findManifests(folder).map((file) => [relative(folder, file), readFileSync(file, 'utf8')]));
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

function print(objects, text) {
  const indentSeq = !/^( *)[\w-]+:[^\n]*\n\1- /m.test(text);
  return objects.map(({ document }) => document.toString({ lineWidth: 0, indentSeq })).join('');
}

import { execFile } from 'node:child_process';
import { objectsOf, runningIn } from './changes.mjs';
import { describePromotion, short } from './describe.mjs';
import { contentId, wasOvertaken } from './http.mjs';
import { isWritten, renderStage } from './write.mjs';

const ATTEMPTS = 5;
const MAIN = 'main';

/**
 * Commits the manifests of a stage to the main branch of the GitOps repository. The operator takes it from there.
 * When somebody else commits to the same files at the same moment, the commit is made again on top of theirs.
 */
export async function deploy(order, { remote, say }) {
  const { app, stage, revision, repository } = order;
  const folder = `${stage}/${app}`;
  const subject = log(['-1', '--format=%s', revision]);
  const listing = started(remote.list(folder, MAIN));
  const rendered = renderStage(order);
  for (let attempt = 1; ; attempt++) {
    const present = attempt === 1 ? await listing : await remote.list(folder, MAIN);
    const changes = await plan(rendered, present, folder, (path) => remote.read(path, MAIN));
    if (changes.length === 0) return say(`${stage} has ${app} ${short(revision)} already, nothing to commit`);
    try {
      const message = messageOf(order, `${app} ${short(revision)} to ${stage}: ${(await subject)?.trim() || 'new revision'}`);
      const commit = await remote.commit({ branch: MAIN, message, changes });
      return say(`${stage}: committed ${app} ${short(revision)} to ${folder} of ${repository} as ${short(commit)}`);
    } catch (error) {
      if (!wasOvertaken(error) || attempt === ATTEMPTS) throw error;
      say('somebody else was faster, trying again on top of their commit');
    }
  }
}

/**
 * Opens the pull request that brings the image to a stage, or refreshes the one that is open for this revision.
 * Earlier ones of the same application are closed: this one contains them.
 */
export async function promote(order, { remote, say }) {
  const { app, stage, revision, repository } = order;
  const folder = `${stage}/${app}`;
  const prefix = `promote/${app}-`;
  const branch = `${prefix}${short(revision)}`;
  const looking = started(Promise.all([remote.openPulls(prefix), remote.hasBranch(branch), readStage(remote, folder)]));
  const rendered = renderStage(order);
  const [open, branchExists, { ids, before }] = await looking;

  const read = async (path) => before.get(path.slice(folder.length + 1));
  const changes = await plan(rendered, ids, folder, read);
  if (changes.length === 0) return say(`${stage} has ${app} ${short(revision)} already, no pull request is needed`);

  const commits = commitsBetween(runningIn(objectsOf(before)).revision, revision);
  const message = messageOf(order, `${app} ${short(revision)} to ${stage}`);
  if (!branchExists) await remote.commit({ branch, from: MAIN, message, changes });
  else {
    const left = await plan(rendered, await remote.list(folder, branch), folder, (path) => remote.read(path, branch));
    if (left.length > 0) await remote.commit({ branch, message, changes: left });
  }

  const text = describePromotion({ ...order, folder, before, after: applied(before, changes, folder), commits: await commits });
  const existing = open.find((pull) => pull.branch === branch);
  const pull = existing ? await remote.updatePull(existing.number, text) : await remote.openPull({ ...text, branch, base: MAIN });
  say(`${stage}: pull request #${pull.number} in ${repository} ${existing ? 'is refreshed' : 'is open'}: ${pull.url}`);

  const superseded = open.filter((other) => other.branch !== branch && isOfApp(other.branch, prefix));
  await Promise.all(
    superseded.map(async (other) => {
      await remote.closePull(other, `Superseded by #${pull.number}, which brings \`${app}\` to ${stage} at \`${short(revision)}\`.`);
      say(`${stage}: closed #${other.number}, superseded by #${pull.number}`);
    }),
  );
}

/** What has to change so that the folder, given by the ids of its files, becomes the rendered one. */
async function plan(rendered, present, folder, read) {
  const changes = [];
  for (const [name, content] of rendered) {
    const sha = present.get(name);
    const path = `${folder}/${name}`;
    if (sha === undefined) changes.push({ operation: 'create', path, content });
    else if (sha !== contentId(content)) changes.push({ operation: 'update', path, content, sha });
  }
  for (const [name, sha] of present) {
    const path = `${folder}/${name}`;
    if (rendered.has(name) || !/\.ya?ml$/.test(name)) continue;
    if (isWritten(name, await read(path))) changes.push({ operation: 'delete', path, sha });
  }
  return changes;
}

async function readStage(remote, folder) {
  const ids = await remote.list(folder, MAIN);
  const names = [...ids.keys()].filter((name) => /\.(ya?ml|json)$/.test(name));
  const texts = await Promise.all(names.map((name) => remote.read(`${folder}/${name}`, MAIN)));
  return { ids, before: new Map(names.map((name, index) => [name, texts[index]])) };
}

function applied(before, changes, folder) {
  const after = new Map(before);
  for (const { operation, path, content } of changes) {
    const name = path.slice(folder.length + 1);
    if (operation === 'delete') after.delete(name);
    else after.set(name, content);
  }
  return after;
}

/** "promote/shop-1234567" is one of shop, "promote/shop-api-1234567" is not. */
function isOfApp(branch, prefix) {
  return /^[0-9a-f]+$/.test(branch.slice(prefix.length));
}

/** The lines at the end are trailers: `git log --format='%(trailers:key=Revision)'` reads them. */
function messageOf({ app, revision, image, build }, subject) {
  const trailers = [`Application: ${app}`, `Revision: ${revision}`, `Image: ${image}`, ...(build ? [`Build: ${build}`] : [])];
  return `${subject}\n\n${trailers.join('\n')}\n`;
}

/** The commits after `from` up to `to`, newest first; undefined when the workspace does not have them. */
async function commitsBetween(from, to) {
  if (from === undefined) return undefined;
  const output = await log(['--max-count=100', '--format=%H%x1f%s%x1f%an', '--end-of-options', `${from}..${to}`]);
  return output
    ?.split('\n')
    .filter(Boolean)
    .map((line) => {
      const [revision, subject, author] = line.split('\x1f');
      return { revision, subject, author };
    });
}

/** What `git log` says about the application in the workspace; undefined when it knows nothing. */
function log(args) {
  return new Promise((resolve) => {
    execFile('git', ['log', ...args], (error, stdout) => resolve(error ? undefined : stdout));
  });
}

/** Lets a request run while something else is computed; its failure is seen where it is awaited. */
function started(promise) {
  promise.catch(() => undefined);
  return promise;
}

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStage, runningIn } from './changes.mjs';
import { describePromotion, short } from './describe.mjs';
import { wasRejected } from './git.mjs';
import { writeStage } from './write.mjs';

const ATTEMPTS = 5;

/**
 * Commits the manifests of a stage to the main branch of the GitOps repository. The operator takes it from there.
 * When somebody else pushes at the same moment, the commit is made again on top of theirs.
 */
export async function deploy(order, { git, say }) {
  const { app, stage, clone, revision, repository } = order;
  const subject = lastSubject(git, revision);
  const folder = `${stage}/${app}`;
  await freshClone(order, git);
  for (let attempt = 1; ; attempt++) {
    const { changed } = write(order, folder);
    if (!changed) return say(`${stage} has ${app} ${short(revision)} already, nothing to commit`);
    await commit(git, order, folder, `${app} ${short(revision)} to ${stage}: ${await subject}`);
    try {
      await git(['push', '--quiet', 'origin', `HEAD:refs/heads/main`], { cwd: clone });
      break;
    } catch (error) {
      if (!wasRejected(error) || attempt === ATTEMPTS) throw error;
      say('somebody else was faster, trying again on top of their commit');
      await git(['fetch', '--quiet', '--depth', '1', 'origin', 'main'], { cwd: clone });
      await git(['reset', '--quiet', '--hard', 'FETCH_HEAD'], { cwd: clone });
    }
  }
  say(`${stage}: committed ${app} ${short(revision)} to ${folder} of ${repository}`);
}

/**
 * Opens the pull request that brings the image to a stage, or refreshes the one that is open for this revision.
 * Earlier ones of the same application are closed: this one contains them.
 */
export async function promote(order, { git, pullRequests, say }) {
  const { app, stage, clone, revision, repository } = order;
  const folder = `${stage}/${app}`;
  const prefix = `promote/${app}-`;
  const branch = `${prefix}${short(revision)}`;
  const listing = pullRequests.listOpen(prefix);
  listing.catch(() => undefined); // looked at below, after the other work
  if (!isOurs(order)) await freshClone(order, git);

  const before = readStage(join(clone, folder));
  if (!write(order, folder).changed) {
    await listing;
    return say(`${stage} has ${app} ${short(revision)} already, no pull request is needed`);
  }
  const commits = commitsBetween(git, runningIn(before).revision, revision);
  const after = readStage(join(clone, folder));
  await commit(git, order, folder, `${app} ${short(revision)} to ${stage}`);
  await git(['push', '--quiet', '--force', 'origin', `HEAD:refs/heads/${branch}`], { cwd: clone });

  const text = describePromotion({ ...order, folder, before, after, commits: await commits });
  const open = await listing;
  const existing = open.find((pull) => pull.branch === branch);
  const pull = existing ? await pullRequests.update(existing.number, text) : await pullRequests.open({ ...text, branch, base: 'main' });
  say(`${stage}: pull request #${pull.number} in ${repository} ${existing ? 'is refreshed' : 'is open'}: ${pull.url}`);

  const superseded = open.filter((other) => other.branch !== branch && isOfApp(other.branch, prefix));
  await Promise.all(
    superseded.map(async (other) => {
      await pullRequests.close(other, `Superseded by #${pull.number}, which brings \`${app}\` to ${stage} at \`${short(revision)}\`.`);
      say(`${stage}: closed #${other.number}, superseded by #${pull.number}`);
    }),
  );
  rmSync(clone, { recursive: true, force: true });
}

/** "promote/shop-1234567" is one of shop, "promote/shop-api-1234567" is not. */
function isOfApp(branch, prefix) {
  return /^[0-9a-f]+$/.test(branch.slice(prefix.length));
}

function write({ app, source, clone, image, revision, origin }, folder) {
  return writeStage({ app, source, target: join(clone, folder), image, revision, origin });
}

async function commit(git, { clone, app, revision, image, build }, folder, subject) {
  const trailers = [`Application: ${app}`, `Revision: ${revision}`, `Image: ${image}`, ...(build ? [`Build: ${build}`] : [])];
  await git(['add', '--all', '--', folder], { cwd: clone });
  await git(['commit', '--quiet', '--message', subject, '--message', trailers.join('\n')], { cwd: clone });
}

/** One shallow clone serves both stages of a build; the mark says which build it belongs to. */
async function freshClone(order, git) {
  rmSync(order.clone, { recursive: true, force: true });
  await git(['clone', '--quiet', '--depth', '1', '--branch', 'main', '--', order.cloneUrl, order.clone]);
  writeFileSync(mark(order), order.build ?? '');
}

function isOurs(order) {
  return Boolean(order.build) && existsSync(mark(order)) && readFileSync(mark(order), 'utf8') === order.build;
}

function mark({ clone }) {
  return join(clone, '.git', 'made-by-build');
}

async function lastSubject(git, revision) {
  return (await git(['log', '-1', '--format=%s', revision]).catch(() => '')).trim() || 'new revision';
}

/** The commits after `from` up to `to`, newest first; undefined when this clone does not have them. */
async function commitsBetween(git, from, to) {
  if (from === undefined) return undefined;
  const output = await git(['log', '--max-count=100', '--format=%H%x1f%s%x1f%an', '--end-of-options', `${from}..${to}`]).catch(() => undefined);
  return output
    ?.split('\n')
    .filter(Boolean)
    .map((line) => {
      const [revision, subject, author] = line.split('\x1f');
      return { revision, subject, author };
    });
}

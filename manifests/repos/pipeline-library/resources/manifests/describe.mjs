import { compareStages, objectsOf, runningIn } from './changes.mjs';

/**
 * The text of the pull request that brings a revision to a stage: what runs there, what comes, which commits are new,
 * which fields change, and how to check. `before` and `after` are the files of the stage by name; `commits` are `{ revision, subject, author }`, newest first, or undefined when unknown.
 */
export function describePromotion({ app, stage, folder, before, after, revision, image, commits, build, checkUrl }) {
  const objects = objectsOf(before);
  const old = runningIn(objects);
  const changes = compareStages(objects, objectsOf(after));
  const title = `Promote ${app} ${short(revision)} to ${stage}`;
  const body = [
    old.revision
      ? `Brings \`${app}\` in **${stage}** from \`${short(old.revision)}\` to \`${short(revision)}\`. Staging runs it already.`
      : `Brings \`${app}\` to **${stage}** for the first time, at \`${short(revision)}\`. Staging runs it already.`,
    table(stage, old, { revision, image }),
    commitList(old, commits),
    changeList(folder, changes),
    checklist({ app, stage, build, checkUrl }),
  ].filter(Boolean);
  return { title, body: `${body.join('\n\n')}\n` };
}

function table(stage, old, next) {
  const rows = [
    ['Revision', code(old.revision), code(next.revision)],
    ['Image', code(digestOf(old.image)), code(digestOf(next.image))],
  ];
  return [`| | in ${stage} now | after the merge |`, '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

function commitList(old, commits) {
  if (commits === undefined) return old.revision && `### Commits\n\nThe history between the two revisions is not at hand.`;
  if (commits.length === 0) return old.revision && `### Commits\n\nNone: this goes back to an earlier revision.`;
  const lines = commits.slice(0, 20).map(({ revision, subject, author }) => `- \`${short(revision)}\` ${plain(subject)} (${plain(author)})`);
  if (commits.length > 20) lines.push(`- and ${commits.length - 20} more`);
  return `### Commits\n\n${lines.join('\n')}`;
}

function changeList(folder, changes) {
  const lines = changes.flatMap(({ id, file, change, fields }) => [
    `- \`${folder}/${file}\`: ${id} is ${change === 'changed' ? 'changed' : change}`,
    ...fields.slice(0, 12).map(({ path, from, to }) => `  - \`${path}\`: ${show(from)} → ${show(to)}`),
    ...(fields.length > 12 ? [`  - and ${fields.length - 12} more fields`] : []),
  ]);
  return `### What changes\n\n${lines.length > 0 ? lines.join('\n') : 'Comments and formatting only.'}`;
}

function checklist({ app, stage, build, checkUrl }) {
  return [
    '### How to check',
    '',
    checkUrl ? `1. Look at the same image in staging: ${checkUrl}` : '1. Look at the same image in staging.',
    '2. Read the changed fields above. The tab "Files changed" has every line.',
    `3. Merge. The operator brings it to the cluster: \`kubectl -n ${stage} rollout status deployment/${app}\``,
    ...(build ? ['', `Opened by ${build}`] : []),
  ].join('\n');
}

export function short(revision) {
  return revision.slice(0, 7);
}

function digestOf(image) {
  const digest = image?.split('@')[1];
  return digest && `${digest.slice(0, 'sha256:'.length + 12)}…`;
}

function code(text) {
  return text ? `\`${text}\`` : 'nothing';
}

function show(value) {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const shortened = text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…').replace(/\s+/g, ' ').replaceAll('`', "'");
  return `\`${shortened.length > 120 ? `${shortened.slice(0, 117)}…` : shortened}\``;
}

/** Commit messages are written by anybody: as text they must not become links, mentions or markup. */
function plain(text) {
  return text.replace(/[\\`*_[\]<>|#@!]/g, (character) => `&#${character.codePointAt(0)};`);
}

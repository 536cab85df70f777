// The pipeline's work on Kubernetes manifests. Runs on any agent that has Node 20 and git; `node manifests.mjs` says how.
import { parseArgs } from 'node:util';

const usage = `Usage: node manifests.mjs COMMAND [options]

  validate DIR… [--app NAME]            reports every problem with its place, ends with 1 when there is one
  write    --app --stage --image --revision [--source DIR] --target DIR
                                        renders the manifests of a stage into a folder
  describe --app --stage --image --revision --before DIR --after DIR
                                        prints the pull request text of such a change
  deploy   --app --stage --image --revision --git-url --repository --clone DIR
                                        commits the stage to the GitOps repository
  promote  (the same as deploy)         opens a pull request for the stage instead

--source is k8s/STAGE unless told. GIT_USERNAME and GIT_PASSWORD are read from the environment.
`;

const options = Object.fromEntries(
  ['app', 'stage', 'image', 'revision', 'source', 'target', 'before', 'after', 'git-url', 'api-url', 'repository', 'clone', 'check-url'].map(
    (name) => [name, { type: 'string' }],
  ),
);

const commands = {
  async validate({ app }, folders) {
    require({ 'a folder': folders[0] });
    const { validate } = await import('./manifests/validate.mjs');
    const { plural, renderProblems } = await import('./manifests/report.mjs');
    const { problems, files, objects } = validate(folders, { app });
    if (problems.length === 0) return say(`${plural(objects.length, 'object')} in ${plural(files.length, 'file')}: all valid`);
    const places = new Set(problems.map(({ file }) => file)).size;
    say(`${renderProblems(problems)}\n${plural(problems.length, 'problem')} in ${plural(places, 'file')}. Nothing was deployed.`);
    process.exitCode = 1;
  },

  async write(values) {
    const { app, stage, image, revision, target } = values;
    require({ '--app': app, '--stage': stage, '--image': image, '--revision': revision, '--target': target });
    const { writeStage } = await import('./manifests/write.mjs');
    const { files, changed } = writeStage({ source: `k8s/${stage}`, ...values });
    say(changed ? `wrote ${files.join(', ')}` : 'nothing is different');
  },

  async describe(values) {
    const { app, stage, image, revision, before, after } = values;
    require({ '--app': app, '--stage': stage, '--image': image, '--revision': revision, '--before': before, '--after': after });
    const { readStage } = await import('./manifests/changes.mjs');
    const { describePromotion } = await import('./manifests/describe.mjs');
    const text = describePromotion({
      ...values,
      checkUrl: values['check-url'],
      folder: `${stage}/${app}`,
      before: readStage(before),
      after: readStage(after),
    });
    say(`# ${text.title}\n\n${text.body}`);
  },

  async deploy(values) {
    const { deploy } = await import('./manifests/deliver.mjs');
    const { order, git } = await prepare(values);
    await deploy(order, { git, say });
  },

  async promote(values) {
    const { promote } = await import('./manifests/deliver.mjs');
    const { createPullRequests } = await import('./manifests/gitea.mjs');
    const { order, git, credentials } = await prepare(values);
    const url = values['api-url'] ?? values['git-url'];
    const pullRequests = createPullRequests({ url, repository: order.repository, ...credentials });
    await promote(order, { git, pullRequests, say });
  },
};

async function prepare(values) {
  const { app, stage, image, revision, repository, clone } = values;
  const gitUrl = values['git-url'];
  require({
    '--app': app,
    '--stage': stage,
    '--image': image,
    '--revision': revision,
    '--git-url': gitUrl,
    '--repository': repository,
    '--clone': clone,
  });
  const { createGit } = await import('./manifests/git.mjs');
  const { GIT_USERNAME: username, GIT_PASSWORD: password, BUILD_URL: build } = process.env;
  const name = username || 'ci';
  const git = createGit({ url: gitUrl, username, password, author: { name, email: `${name}@localhost` } });
  const order = {
    ...{ app, stage, image, revision, repository, clone, build },
    source: values.source ?? `k8s/${stage}`,
    origin: `${app}/k8s/${stage}`,
    cloneUrl: `${gitUrl.replace(/\/$/, '')}/${repository}.git`,
    checkUrl: values['check-url'],
  };
  return { order, git, credentials: { username, password } };
}

function require(needed) {
  const missing = Object.keys(needed).filter((name) => !needed[name]);
  if (missing.length > 0) throw new WrongUse(`missing: ${missing.join(', ')}`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

class WrongUse extends Error {}

try {
  const { values, positionals } = readArguments();
  const [command, ...rest] = positionals;
  if (!Object.hasOwn(commands, command ?? '')) throw new WrongUse(command ? `unknown command "${command}"` : 'no command');
  await commands[command](values, rest);
} catch (error) {
  if (error instanceof WrongUse) process.stderr.write(`${error.message}\n\n${usage}`);
  else process.stderr.write(`${process.env.DEBUG ? error.stack : error.message}\n`);
  process.exitCode = error instanceof WrongUse ? 2 : 1;
}

function readArguments() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new WrongUse(error.message);
  }
}

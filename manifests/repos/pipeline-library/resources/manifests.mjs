// The pipeline's work on Kubernetes manifests. Runs on any agent that has Node 20 and git; `node manifests.mjs` says how.
import { parseArgs } from 'node:util';

const usage = `Usage: node manifests.mjs COMMAND [options]

  validate DIR… [--app NAME]            reports every problem with its place, ends with 1 when there is one
  write    --app --stage --image --revision [--source DIR] --target DIR
                                        renders the manifests of a stage into a folder
  describe --app --stage --image --revision --before DIR --after DIR
                                        prints the pull request text of such a change
  deploy   --app --stage --image --revision --git-url --repository
                                        commits the stage to the GitOps repository
  promote  (the same as deploy)         opens a pull request for the stage instead
           --git-server                 gitea (unless told) or scm-manager

--source is k8s/STAGE unless told. GIT_USERNAME and GIT_PASSWORD are read from the environment.
`;

const options = Object.fromEntries(
  ['app', 'stage', 'image', 'revision', 'source', 'target', 'before', 'after', 'git-url', 'git-server', 'repository', 'check-url'].map((name) => [
    name,
    { type: 'string' },
  ]),
);

/** Each has a file of its own, with the same functions. */
const gitServers = ['gitea', 'scm-manager'];

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
    const different = writeStage({ source: `k8s/${stage}`, ...values });
    say(different.length > 0 ? `wrote ${different.join(', ')}` : 'nothing is different');
  },

  async describe(values) {
    const { app, stage, image, revision, before, after } = values;
    require({ '--app': app, '--stage': stage, '--image': image, '--revision': revision, '--before': before, '--after': after });
    const { readFolder } = await import('./manifests/write.mjs');
    const { describePromotion } = await import('./manifests/describe.mjs');
    const text = describePromotion({
      ...values,
      checkUrl: values['check-url'],
      folder: `${stage}/${app}`,
      before: readFolder(before),
      after: readFolder(after),
    });
    say(`# ${text.title}\n\n${text.body}`);
  },

  async deploy(values) {
    const { deploy } = await import('./manifests/deliver.mjs');
    await deploy(...(await prepare(values)));
  },

  async promote(values) {
    const { promote } = await import('./manifests/deliver.mjs');
    await promote(...(await prepare(values)));
  },
};

async function prepare(values) {
  const { app, stage, image, revision, repository, 'git-url': url, 'check-url': checkUrl } = values;
  require({ '--app': app, '--stage': stage, '--image': image, '--revision': revision, '--git-url': url, '--repository': repository });
  const server = values['git-server'] ?? 'gitea';
  if (!gitServers.includes(server)) throw new WrongUse(`--git-server is one of ${gitServers.join(', ')}, not "${server}"`);
  const { openRepository } = await import(`./manifests/${server}.mjs`);
  const { GIT_USERNAME: username, GIT_PASSWORD: password, BUILD_URL: build } = process.env;
  const order = {
    ...{ app, stage, image, revision, repository, build, checkUrl },
    source: values.source ?? `k8s/${stage}`,
    origin: `${app}/k8s/${stage}`,
  };
  return [order, { remote: openRepository({ url, repository, username, password }), say }];
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

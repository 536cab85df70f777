/**
 * Looks whether newer versions exist of what `src/config/pins.json` pins: k3d, helm, k3s, charts of the parts and
 * of the add-ons, images and Jenkins plugins. `--write` fills in SHA-256 sums of charts and digests of images that are missing, of the pinned versions.
 * Needs the internet; what does not answer is said, and is no reason to stop.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import got from 'got';
import semver from 'semver';
import { parse } from 'yaml';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const file = join(root, 'src', 'config', 'pins.json');
const pins = JSON.parse(await readFile(file, 'utf8'));
const write = process.argv.includes('--write');
const client = got.extend({ timeout: { request: 20_000 }, retry: { limit: 1 } });

/** One line for each pin: its version, the newest one, and what is missing. */
const rows = [];
const tell = (name, pinned, newest, note = '') => rows.push({ name, pinned, newest, note });

async function attempt(name, pinned, work) {
  try {
    await work();
  } catch (error) {
    tell(name, pinned, '?', error.message);
  }
}

function newerOf(pinned, newest) {
  const [a, b] = [semver.coerce(pinned), semver.coerce(newest)];
  return a !== null && b !== null && semver.gt(b, a) ? 'newer' : '';
}

for (const [name, { version, source }] of Object.entries(pins.tools)) {
  await attempt(name, version, async () => {
    const repository = source.replace('github:', '');
    const { tag_name: tag } = await client(
      `https://api.github.com/repos/${repository}/releases/latest`,
    ).json();
    tell(name, version, tag, newerOf(version, tag));
  });
}

for (const [name, chart] of Object.entries(pins.charts)) {
  await attempt(`chart ${name}`, chart.version, async () => {
    const content = await client(chart.url).buffer();
    const sha256 = createHash('sha256').update(content).digest('hex');
    if (chart.sha256 === null && write) chart.sha256 = sha256;
    const note =
      chart.sha256 === null ? 'no SHA-256 pinned' : chart.sha256 === sha256 ? '' : 'ITS CONTENT HAS CHANGED';
    tell(`chart ${name}`, chart.version, chart.version, note);
  });
}

/** Entries by name, as each repository lists them; several charts come from one. */
const indexes = new Map();
const indexOf = (repository) => {
  if (!indexes.has(repository))
    indexes.set(
      repository,
      client(`${repository}/index.yaml`)
        .text()
        .then((text) => parse(text, { maxAliasCount: -1 }).entries),
    );
  return indexes.get(repository);
};

for (const [name, chart] of Object.entries(pins.addonCharts)) {
  const { version, repository } = chart;
  await attempt(`add-on chart ${name}`, version, async () => {
    const entries = (await indexOf(repository))[name] ?? [];
    const listed = entries.map((entry) => entry.version);
    // The repository's own word, which it gives as plain hexadecimal digits.
    const sum = entries.find((entry) => entry.version === version)?.digest?.replace('sha256:', '');
    if (chart.sha256 === null && write && sum !== undefined) chart.sha256 = sum;
    const stable = listed.filter((candidate) => semver.prerelease(candidate) === null);
    const newest = stable.sort((a, b) => semver.rcompare(a, b, { loose: true }))[0] ?? 'gone';
    const note = !listed.includes(version)
      ? 'its repository does not list the pinned version'
      : chart.sha256 === null
        ? 'no SHA-256 pinned'
        : sum !== undefined && chart.sha256 !== sum
          ? 'ITS CONTENT HAS CHANGED'
          : newerOf(version, newest);
    tell(`add-on chart ${name}`, version, newest, note);
  });
}

for (const [name, image] of Object.entries(pins.images)) {
  await attempt(`image ${name}`, image.reference, async () => {
    const digest = await digestOf(image.reference);
    if (image.digest === null && write) image.digest = digest;
    const note =
      image.digest === null ? 'no digest pinned' : image.digest === digest ? '' : `the tag now is ${digest}`;
    tell(`image ${name}`, image.reference, image.reference, note);
  });
}

await attempt('jenkins plugins', '', async () => {
  const { plugins } = await client('https://updates.jenkins.io/update-center.actual.json').json();
  for (const [name, version] of Object.entries(pins.jenkinsPlugins)) {
    const newest = plugins[name]?.version ?? 'gone';
    if (newest !== version) tell(`plugin ${name}`, version, newest, 'newer');
  }
});

/** The digest that a registry gives for a tag, with the anonymous token that it wants. */
async function digestOf(reference) {
  const [, host, repository, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(reference) ?? [];
  const base = `https://${host === 'docker.io' ? 'registry-1.docker.io' : host}`;
  const accept = [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'application/vnd.oci.image.manifest.v1+json',
  ].join(', ');
  const ask = (headers) =>
    client(`${base}/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept, ...headers },
      throwHttpErrors: false,
    });
  let answer = await ask({});
  if (answer.statusCode === 401) {
    const field = (name) =>
      new RegExp(`${name}="([^"]*)"`).exec(answer.headers['www-authenticate'] ?? '')?.[1];
    const searchParams = { service: field('service') ?? '', scope: `repository:${repository}:pull` };
    const { token, access_token: other } = await client(field('realm') ?? '', { searchParams }).json();
    answer = await ask({ authorization: `Bearer ${token ?? other}` });
  }
  if (answer.statusCode !== 200) throw new Error(`${base} answered ${answer.statusCode}`);
  return answer.headers['docker-content-digest'];
}

for (const { name, pinned, newest, note } of rows) {
  process.stdout.write(
    `${name.padEnd(32)} ${pinned.padEnd(44)} ${newest.padEnd(20)} ${note}\n`.trimEnd() + '\n',
  );
}
if (write) await writeFile(file, `${JSON.stringify(pins, null, 2)}\n`);
process.exitCode = rows.some(({ note }) => note.includes('CHANGED')) ? 1 : 0;

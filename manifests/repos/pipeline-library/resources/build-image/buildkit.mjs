/** Builds by a BuildKit daemon, where the agent has one beside it: any Dockerfile, RUN included. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BuildError } from './dockerfile.mjs';

/** Where the daemon listens, by the variable that buildctl reads itself; undefined without one. */
export function buildKitAddress(environment) {
  return environment.BUILDKIT_HOST || undefined;
}

/** Why there is no daemon at an address after all, as the pod of the build has written beside its socket; undefined where it has not. */
export function whyUnavailable(address) {
  const socket = /^unix:\/\/(.+)$/.exec(address)?.[1];
  if (socket === undefined) return undefined;
  try {
    return readFileSync(path.join(path.dirname(socket), 'unavailable'), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/**
 * Builds and pushes with `buildctl`. Gives what the builder without a daemon gives, as far as BuildKit tells it:
 * the digest of the manifest and the references.
 */
export async function buildWithBuildKit(options, { target, login, dockerfile }) {
  const started = performance.now();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'buildkit-'));
  try {
    const metadata = path.join(folder, 'metadata.json');
    const environment = { ...process.env };
    if (login) environment.DOCKER_CONFIG = writeLogin(folder, target.host, login);
    await run('buildctl', buildctlArguments(options, { target, dockerfile, metadata }), environment);
    const digest = JSON.parse(readFileSync(metadata, 'utf8'))['containerimage.digest'];
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new BuildError('BuildKit did not say what it has pushed');
    const image = `${target.host}/${target.repository}`;
    return {
      reference: `${image}@${digest}`,
      digest,
      image,
      tags: [target.tag, ...options.tag],
      base: null,
      layers: [],
      milliseconds: Math.round(performance.now() - started),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The arguments of one build; see "buildctl build" and "output" in BuildKit's README. */
export function buildctlArguments(options, { target, dockerfile, metadata }) {
  const image = `${target.host}/${target.repository}`;
  const names = [target.tag, ...options.tag].map((tag) => `${image}:${tag}`);
  const insecure = options['plain-http'].includes(target.host) ? ['registry.insecure=true'] : [];
  const annotations = ['revision', 'source', 'created']
    .filter((name) => options[name] !== undefined)
    .map((name) => `annotation.org.opencontainers.image.${name}=${options[name]}`);
  const output = ['type=image', `name=${names.join(',')}`, 'push=true', 'oci-mediatypes=true', ...insecure, ...annotations];
  const settings = [
    ['filename', path.basename(dockerfile)],
    ['platform', options.platform],
    ...(options.target === undefined ? [] : [['target', options.target]]),
    ...options['build-arg'].map((text) => ['build-arg', text]),
    ...options.label.map((text) => ['label', text]),
  ].map(([name, value]) => (name === 'build-arg' || name === 'label' ? `${name}:${value}` : `${name}=${value}`));
  return [
    'build',
    ...['--progress', 'plain'],
    ...['--frontend', 'dockerfile.v0'],
    ...['--local', `context=${options.context}`],
    ...['--local', `dockerfile=${path.dirname(dockerfile)}`],
    ...settings.flatMap((setting) => ['--opt', setting]),
    ...['--output', output.map(csvField).join(',')],
    ...['--metadata-file', metadata],
  ];
}

/** `--output` is one line of CSV: a field with a comma or a quote stands in quotes. */
function csvField(text) {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A Docker configuration with this one login, which lives as long as the build. */
function writeLogin(folder, host, { username, password }) {
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }), { mode: 0o600 });
  return folder;
}

/** What the program says goes to this one's standard error, line by line as it comes. */
function run(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 2, 2] });
    child.on('error', (error) =>
      reject(
        new BuildError(
          error.code === 'ENOENT'
            ? `BUILDKIT_HOST is set, but there is no ${program} on the PATH of this agent`
            : `${program} could not be started: ${error.message}`,
        ),
      ),
    );
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : reject(new BuildError(`${program} ended with ${signal ?? code}; its reason stands above`)),
    );
  });
}

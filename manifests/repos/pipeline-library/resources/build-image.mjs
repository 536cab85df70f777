/**
 * Builds a container image without a container engine and pushes it to a registry.
 *
 *   node build-image.mjs --context . --file Dockerfile --image localhost:5000/playground/storefront:1.0
 *
 * An image is less than it seems: some tar archives (layers), one JSON document that says how to run what is in
 * them (the configuration), and one JSON document that lists both by their digests (the manifest). This program reads
 * the part of the Dockerfile language that only copies files and sets properties, writes those three, and sends what the
 * registry does not have yet. Nothing is executed, so it runs wherever Node runs. The same files give the same digest.
 * A Dockerfile with RUN needs a builder that executes programs. Where the agent has BuildKit beside it (BUILDKIT_HOST says
 * where), that one builds instead, with the same tags, labels and output. Where it cannot run, the log says so, and why.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { buildKitAddress, buildWithBuildKit, whyUnavailable } from './build-image/buildkit.mjs';
import { openContext } from './build-image/context.mjs';
import { BuildError, parseDockerfile } from './build-image/dockerfile.mjs';
import { openRegistry, parseReference, sha256 } from './build-image/registry.mjs';
import { buildStage } from './build-image/stages.mjs';
import { tarArchive } from './build-image/tar.mjs';

const USAGE = `usage: node build-image.mjs --image HOST/NAME[:TAG] [options]
  --context DIR             folder whose files COPY takes (.)
  --file FILE               the Dockerfile (DIR/Dockerfile)
  --image HOST/NAME[:TAG]   where the image goes
  --tag TAG                 one more tag; may be repeated
  --target STAGE            the stage to build (the last one)
  --platform OS/ARCH        for base images with several platforms (linux/this machine's)
  --build-arg NAME=VALUE    value of an ARG; may be repeated
  --label NAME=VALUE        label of the image; may be repeated
  --revision, --source, --created VALUE   the org.opencontainers.image annotations of these names
  --mirror HOST=HOST        take base images of the first registry from the second; may be repeated
  --plain-http HOST         a registry without TLS; loopback addresses need no telling
  --json FILE               write what was built, as JSON
The environment variables REGISTRY_USERNAME and REGISTRY_PASSWORD sign in to the image's registry. With BUILDKIT_HOST
in the environment the image is built by buildctl and the BuildKit daemon there, whose settings say what --mirror says here.`;

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const several = { type: 'string', multiple: true, default: [] };
const one = { type: 'string' };

function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      context: { type: 'string', default: '.' },
      platform: { type: 'string', default: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}` },
      ...{ file: one, image: one, target: one, revision: one, source: one, created: one, json: one },
      ...{ tag: several, 'build-arg': several, label: several, mirror: several, 'plain-http': several },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.image === undefined && !values.help) throw new TypeError('--image is missing');
  return values;
}

/** `['a=b']` as a Map. */
function pairs(list, flag) {
  return new Map(
    list.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new TypeError(`--${flag} wants NAME=VALUE, not "${text}"`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

async function buildImage(options, dockerfile, source) {
  const target = parseReference(options.image);
  const mirrors = pairs(options.mirror, 'mirror');
  const { REGISTRY_USERNAME: username, REGISTRY_PASSWORD: password } = process.env;
  const login = username ? { username, password } : undefined;
  const address = buildKitAddress(process.env);
  const unavailable = address === undefined ? undefined : whyUnavailable(address);
  if (unavailable !== undefined) console.error(`built without BuildKit, which cannot run on this node: ${unavailable}`);
  if (address === undefined || unavailable !== undefined)
    return buildWithoutDaemon(options, { target, mirrors, login, dockerfile, source });
  return buildWithBuildKit(options, { target, login, dockerfile });
}

async function buildWithoutDaemon(options, { target, mirrors, login, dockerfile, source }) {
  const started = performance.now();
  const registries = new Map();
  const registryAt = (host) => {
    if (!registries.has(host)) {
      const credentials = host === target.host ? login : undefined;
      const plainHttp = options['plain-http'].includes(host) || undefined;
      registries.set(host, openRegistry(host, { credentials, plainHttp }));
    }
    return registries.get(host);
  };

  /** Of the base image only its manifest and configuration are read; its layers stay in the registry. */
  async function pullBase(image) {
    const { host, repository, tag, digest } = parseReference(image);
    const registry = registryAt(mirrors.get(host) ?? host);
    const found = await registry.pullImage(repository, digest ?? tag, options.platform);
    const { config, history = [], rootfs, ...platform } = found.config;
    const { layers } = found.manifest;
    return {
      image,
      registry,
      repository,
      digest: found.digest,
      platform,
      config,
      history,
      layers,
      diffIds: rootfs.diff_ids,
    };
  }

  const ignoreFile = [`${dockerfile}.dockerignore`, path.join(options.context, '.dockerignore')].find(
    existsSync,
  );
  const { base, config, history, layers } = await buildStage(parseDockerfile(source), {
    target: options.target,
    platform: options.platform,
    buildArgs: pairs(options['build-arg'], 'build-arg'),
    context: openContext(options.context, ignoreFile === undefined ? '' : readFileSync(ignoreFile, 'utf8')),
    pullBase,
  });
  const labels = pairs(options.label, 'label');
  if (labels.size > 0) config.Labels = { ...config.Labels, ...Object.fromEntries(labels) };

  const added = layers.map((entries) => {
    const archive = tarArchive(entries);
    const body = gzipSync(archive);
    body[9] = 255; // The operating system in gzip's header: unknown, so that it is the same everywhere.
    return { diffId: sha256(archive), digest: sha256(body), size: body.length, body };
  });
  const [os, architecture] = options.platform.split('/');
  const { created: _, ...platform } = { os, architecture, ...base.platform };
  const configuration = Buffer.from(
    JSON.stringify({
      ...(options.created === undefined ? {} : { created: options.created }),
      ...platform,
      config,
      rootfs: { type: 'layers', diff_ids: [...base.diffIds, ...added.map(({ diffId }) => diffId)] },
      history,
    }),
  );
  const annotations = ['revision', 'source', 'created']
    .filter((name) => options[name] !== undefined)
    .map((name) => [`org.opencontainers.image.${name}`, options[name]]);
  const configBlob = { digest: sha256(configuration), size: configuration.length, body: configuration };
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: configBlob.digest,
        size: configBlob.size,
      },
      layers: [
        ...base.layers.map(toOciLayer),
        ...added.map(({ digest, size }) => ({ mediaType: LAYER, digest, size })),
      ],
      ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations) } : {}),
    }),
  );

  const registry = registryAt(target.host);
  const states = await Promise.all([
    ...base.layers.map((layer) => registry.takeBlob(target.repository, layer, base)),
    ...added.map((layer) => registry.pushBlob(target.repository, layer)),
    registry.pushBlob(target.repository, configBlob),
  ]);
  const tags = [target.tag, ...options.tag];
  for (const tag of tags) await registry.pushManifest(target.repository, tag, manifest);

  const digest = sha256(manifest);
  return {
    reference: `${target.host}/${target.repository}@${digest}`,
    digest,
    image: `${target.host}/${target.repository}`,
    tags,
    base: base.image === undefined ? null : { image: base.image, digest: base.digest },
    layers: [...base.layers, ...added].map(({ digest: layer, size }, at) => ({
      digest: layer,
      size,
      state: states[at],
    })),
    milliseconds: Math.round(performance.now() - started),
  };
}

/** Docker's media types of layers mean the same as OCI's, but a manifest should not mix the two. */
function toOciLayer({ mediaType, digest, size }) {
  const docker = mediaType === 'application/vnd.docker.image.rootfs.diff.tar.gzip';
  return { mediaType: docker ? LAYER : mediaType, digest, size };
}

/** The mistake with its place: the file, the line, and what stands there. */
function explain(error, dockerfile, source) {
  if (!(error instanceof BuildError)) return error.message;
  if (error.line === undefined) return `${dockerfile}: ${error.message}`;
  return `${dockerfile}:${error.line}: ${error.message}\n${String(error.line).padStart(5)} | ${source.split(/\r?\n/)[error.line - 1]}`;
}

async function main(argv) {
  let options;
  try {
    options = readOptions(argv);
  } catch (error) {
    console.error(`build-image: ${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const dockerfile = options.file ?? path.join(options.context, 'Dockerfile');
  let source = '';
  try {
    source = readFileSync(dockerfile, 'utf8');
    const built = await buildImage(options, dockerfile, source);
    for (const { digest, size, state } of built.layers)
      console.error(`layer ${digest} ${state}, ${size} bytes`);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(built, null, 2)}\n`);
    console.log(built.reference);
    return 0;
  } catch (error) {
    console.error(`build-image: ${explain(error, dockerfile, source)}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));

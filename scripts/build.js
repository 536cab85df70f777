/**
 * Makes `dist/`: the bundles that people run, and the files that are generated rather than written. Everything is bundled,
 * so an installed package has no dependencies and starts fast. Steps whose folder or input does not exist are left out.
 */
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKubernetesSchemas } from './kubernetes-schema.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

/** Output name by entry point: programs that run as processes of their own. */
const programs = {
  cli: 'src/cli/main.ts',
  daemon: 'src/cli/daemon.ts',
  companion: 'src/cli/companion.ts',
};

/** Modules that libraries name and we never use, by the words of their imports. */
function leaveOut(...names) {
  const filter = new RegExp(`^(${names.join('|')})$`);
  return {
    name: 'leave-out',
    setup(bundle) {
      bundle.onResolve({ filter }, ({ path }) => ({ path, namespace: 'left-out' }));
      bundle.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};' }));
    },
  };
}

/** Nothing here speaks HTTP/2; one library asks of each request whether it came so, which would load all of it at each start. */
const withoutHttp2 = {
  name: 'without-http2',
  setup(bundle) {
    bundle.onResolve({ filter: /^(node:)?http2$/ }, ({ path }) => ({ path, namespace: 'without-http2' }));
    bundle.onLoad({ filter: /.*/, namespace: 'without-http2' }, () => ({
      contents: 'module.exports = { Http2ServerRequest: class {}, constants: {} };',
    }));
  },
};

/** What all programs have in common. */
const settings = {
  // The bundles name their modules by the paths below this folder, wherever the packages really lie.
  absWorkingDir: root,
  preserveSymlinks: true,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  // Names stay, so that the stack of an unexpected error can be read.
  minifyWhitespace: true,
  legalComments: 'linked',
  logLevel: 'warning',
};

/** A script knows its own place by another name than a module, and loads what lies beside it as scripts do. */
const asScript = {
  ...settings,
  format: 'cjs',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': '__moduleUrl', 'Intl.ListFormat': 'LazyListFormat' },
  inject: [join(root, 'scripts', 'lazy-list-format.js')],
  banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

/** Keeps a large package, which few commands need, in a file of its own. */
const apart = {
  name: 'apart',
  setup(bundle) {
    bundle.onResolve({ filter: /^dockerode$/ }, () => ({ path: './dockerode.cjs', external: true }));
  },
};

/**
 * Writes each character beyond ASCII, which only a few regular expressions have, as its escape sequence: one such character
 * alone makes V8 keep the whole text in twice the space.
 */
function asciiOnly(text) {
  return text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * One script for each program, so that V8 can keep what it makes of it, and one that starts it (see src/cli/start.ts). None is a
 * module: Node's loader of modules would cost each start some 20 ms.
 */
async function bundlePrograms() {
  // Without Docker by ssh, and without builds by BuildKit, whose files would lie beside it.
  await build({
    ...asScript,
    stdin: { contents: "module.exports = require('dockerode');", resolveDir: root },
    outfile: join(dist, 'dockerode.cjs'),
    plugins: [leaveOut('ssh2', '@grpc/grpc-js', '@grpc/proto-loader')],
  });
  await build({
    ...asScript,
    entryPoints: [join(root, 'src', 'cli', 'start.ts')],
    outfile: join(dist, 'start.cjs'),
  });
  for (const [program, input] of Object.entries(programs)) {
    const outfile = join(dist, `${program}.cjs`);
    // Of zod's error messages in every language, the English ones stay: those are imported by themselves.
    const plugins = [apart, leaveOut('../locales/index.js', 'http2-wrapper'), withoutHttp2];
    await build({ ...asScript, entryPoints: [join(root, input)], outfile, plugins });
    const bundle = asciiOnly(await readFile(outfile, 'utf8'));
    await writeFile(outfile, bundle);
    const contentId = createHash('sha256').update(bundle).digest('hex').slice(0, 16);
    await writeFile(
      join(dist, `start-${program}.cjs`),
      `require('./start.cjs').start('${program}', '${contentId}');\n`,
    );
  }
}

/** What containers preload is one file, without chunks: their permissions let them read no other. */
async function bundlePodPreload() {
  await build({
    entryPoints: [join(root, 'src', 'servers', 'kubernetes', 'kubelet', 'preload.ts')],
    outfile: join(dist, 'pod-preload.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    minify: true,
    logLevel: 'warning',
  });
}

/** The page of the dashboard: one script, one style sheet, served as they are. */
async function bundleDashboard() {
  const page = join(root, 'src', 'dashboard', 'page');
  const outdir = join(dist, 'dashboard');
  await rm(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [join(page, 'main.tsx')],
    outdir,
    absWorkingDir: root,
    bundle: true,
    platform: 'browser',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    format: 'esm',
    minify: true,
    legalComments: 'eof',
    logLevel: 'warning',
  });
  for (const file of ['index.html', 'icon.svg']) await cp(join(page, file), join(outdir, file));
}

async function copySeededRepositories() {
  for (const folder of ['repos', 'addons']) {
    await rm(join(dist, folder), { recursive: true, force: true });
    await cp(join(root, 'manifests', folder), join(dist, folder), { recursive: true });
  }
  await bundleYaml(join(dist, 'repos', 'pipeline-library', 'resources', 'yaml.mjs'));
}

async function copyExercises() {
  await rm(join(dist, 'exercises'), { recursive: true, force: true });
  await cp(join(root, 'manifests', 'exercises'), join(dist, 'exercises'), { recursive: true });
}

/** The pipeline library brings its YAML parser along, so that any agent with Node can run it. */
async function bundleYaml(outfile) {
  const names =
    'LineCounter, isAlias, isCollection, isMap, isPair, isScalar, isSeq, parseAllDocuments, visit';
  const folder = join(root, 'node_modules', 'yaml');
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const license = await readFile(join(folder, 'LICENSE'), 'utf8');
  await build({
    stdin: { contents: `export { ${names} } from 'yaml';`, resolveDir: root },
    outfile,
    bundle: true,
    platform: 'neutral',
    target: 'node20',
    format: 'esm',
    minify: true,
    banner: { js: `/*! yaml ${version}, https://eemeli.org/yaml\n${license.trim()}\n*/` },
    logLevel: 'warning',
  });
}

await mkdir(dist, { recursive: true });
await Promise.all([
  bundlePrograms(),
  bundlePodPreload(),
  bundleDashboard(),
  copySeededRepositories(),
  copyExercises(),
]);
// After the repositories, as one of its outputs goes into a copied one.
await generateKubernetesSchemas(dist);

import { dirname } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { KubeObject } from '../../clients/kubernetes.ts';
import { PlaygroundError } from '../../lib/errors.ts';
import { ensurePrivateDir, writeFileAtomic } from '../../lib/fs.ts';
import { leastEnvironment, run } from '../../lib/process.ts';
import { cacheFolder } from '../../lib/home.ts';
import { internetEnvironment } from '../../lib/proxy.ts';
import { failureIn } from './failures.ts';
import type { Tool } from './tools.ts';

/** The cluster that helm works on, and the program. */
export interface HelmAccess {
  readonly helm: Tool;
  readonly kubeconfig: string;
  readonly context: string;
}

export interface ReleaseSettings {
  readonly release: string;
  readonly namespace: string;
  /** The packed chart: it has been fetched and checked before, so helm asks no repository. */
  readonly chart: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the values are written, readable by their owner alone: they hold passwords. */
  readonly valuesFile: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Milliseconds for hooks; helm waits for nothing else. */
const TIMEOUT = '10m';

/**
 * Installs a release, or brings it up to its values.
 * @throws PlaygroundError `release-failed`, or what is known of the reason.
 */
export async function upgradeRelease(
  access: HelmAccess,
  settings: ReleaseSettings,
  signal: AbortSignal,
): Promise<void> {
  const { release, namespace, chart, values, valuesFile, labels } = settings;
  await ensurePrivateDir(dirname(valuesFile));
  await writeFileAtomic(valuesFile, stringify(values, { aliasDuplicateObjects: false, lineWidth: 0 }));
  // An installation that was broken off is left as pending, and refused ever after.
  const status = await runHelm(access, ['status', release, '--namespace', namespace], signal, true);
  if (/^STATUS: pending-/m.test(status)) {
    await runHelm(access, ['uninstall', release, '--namespace', namespace, '--ignore-not-found'], signal);
  }
  const labelled = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  await runHelm(
    access,
    [
      ...['upgrade', release, chart, '--install', '--namespace', namespace, '--values', valuesFile],
      ...['--timeout', TIMEOUT, '--history-max', '3', '--labels', labelled.join(',')],
    ],
    signal,
  );
}

/** The objects that a release has brought, without hooks. */
export async function releaseObjects(
  access: HelmAccess,
  release: string,
  namespace: string,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const text = await runHelm(access, ['get', 'manifest', release, '--namespace', namespace], signal);
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}

/** Takes a release away; false when there was none. */
export async function removeRelease(access: HelmAccess, release: string, namespace: string): Promise<void> {
  await runHelm(access, ['uninstall', release, '--namespace', namespace, '--ignore-not-found'], undefined);
}

/** What a chart makes, as YAML documents: hooks and, unlike an installation, nothing of a cluster. */
export async function renderChart(
  helm: Tool,
  chart: Pick<ReleaseSettings, 'release' | 'namespace' | 'chart' | 'values'>,
  kubernetesVersion: string,
  signal: AbortSignal,
): Promise<string> {
  const { release, namespace, values } = chart;
  return runProgram(
    helm,
    [
      ...['template', release, chart.chart, '--namespace', namespace, '--values', '-'],
      // Argo CD runs no tests of charts.
      ...['--kube-version', kubernetesVersion, '--skip-tests'],
    ],
    { signal, input: stringify(values, { aliasDuplicateObjects: false, lineWidth: 0 }) },
  );
}

/**
 * Fetches a packed chart from its repository into a folder, under the name `NAME-VERSION.tgz`.
 * @throws PlaygroundError that says why it could not be had.
 */
export async function pullChart(
  helm: Tool,
  { name, version, repository, folder }: Record<'name' | 'version' | 'repository' | 'folder', string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = ['pull', name, '--repo', repository, '--version', version, '--destination', folder];
  await runProgram(helm, args, {
    signal,
    env: internetEnvironment(),
    hint: 'check the internet connection and HTTPS_PROXY, then repeat the command',
  });
}

function runHelm(
  { helm, kubeconfig, context }: HelmAccess,
  args: readonly string[],
  signal: AbortSignal | undefined,
  mayFail = false,
): Promise<string> {
  const where = ['--kubeconfig', kubeconfig, '--kube-context', context];
  return runProgram(helm, [...args, ...where], { signal, mayFail, env: { KUBECONFIG: kubeconfig } });
}

interface Running {
  readonly signal: AbortSignal | undefined;
  readonly mayFail?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** What to do about a failure of which nothing more is known. */
  readonly hint?: string;
}

async function runProgram(helm: Tool, args: readonly string[], running: Running): Promise<string> {
  const { signal, input, mayFail = false } = running;
  const folder = `${cacheFolder()}/helm`;
  const { stdout, stderr, exitCode } = await run(helm.file, args, {
    env: leastEnvironment({
      // Neither the person's repositories and plugins nor their kubeconfig matter here.
      HELM_CACHE_HOME: folder,
      HELM_CONFIG_HOME: folder,
      HELM_DATA_HOME: folder,
      // What it learns of a cluster's kinds it would keep in the person's home otherwise, where nobody takes it away.
      KUBECACHEDIR: `${folder}/kinds`,
      ...running.env,
    }),
    ...(signal === undefined ? {} : { signal }),
    ...(input === undefined ? {} : { input }),
  });
  if (exitCode === 0 || mayFail) return stdout;
  signal?.throwIfAborted();
  const reason =
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^Error: /, '') ?? `it ended with ${exitCode}`;
  const failure = failureIn(stderr);
  throw new PlaygroundError({
    code: failure?.code ?? 'release-failed',
    message: `helm ${args[0] ?? ''} ${args[1] ?? ''} failed: ${reason.slice(0, 600)}`,
    hint:
      failure?.hint ??
      running.hint ??
      'what was installed is kept; repeat `up` to go on from there, or `down` to remove it',
  });
}

import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { commandFor } from '../lib/command-line.ts';
import { PlaygroundError } from '../lib/errors.ts';
import { readFileIfExists } from '../lib/fs.ts';
import { playgroundFolder } from '../lib/home.ts';
import type { Companion } from './embedded/daemon.ts';
import type { Beside } from './components/companion.ts';
import type { Endpoints, Engine, EngineId } from './engine.ts';
import type { BundleMaking } from './k3d/bundle-save.ts';

/** An engine and why it was taken. */
export interface Selection {
  readonly engine: Engine;
  readonly reason: string;
}

/** Each engine is loaded when it is used: k3d's library alone takes longer to load than the embedded engine to look around. */
const engines: Readonly<Record<EngineId, () => Promise<Engine>>> = {
  embedded: async () => (await import('./embedded/engine.ts')).embeddedEngine,
  k3d: async () => (await import('./k3d/engine.ts')).k3dEngine,
  kubernetes: async () => (await import('./kubernetes/engine.ts')).kubernetesEngine,
};

/**
 * The engine that a new playground of this configuration gets; `auto` takes k3d when all is well with Docker, else the
 * embedded one, and says why. A machine without Docker pays nothing for the question.
 */
export async function selectEngine(config: Config): Promise<Selection> {
  if (config.engine !== 'auto') {
    return { engine: await engines[config.engine](), reason: 'it was asked for' };
  }
  if (config.context !== undefined) {
    return { engine: await engines.kubernetes(), reason: `the context ${config.context} was asked for` };
  }
  const { whyNotK3d } = await import('./k3d/suitability.ts');
  const reason = await whyNotK3d(config);
  if (reason === undefined) return { engine: await engines.k3d(), reason: 'Docker has all that it needs' };
  return { engine: await engines.embedded(), reason };
}

/** The engine that an existing playground runs on, or undefined when there is none of that name. */
export async function findEngine(name: string): Promise<Engine | undefined> {
  const id = await keptEngine(name);
  return id === undefined ? undefined : engines[id]();
}

/** The engine that an existing playground runs on. @throws PlaygroundError `no-playground` */
export async function engineOf(name: string): Promise<Engine> {
  const engine = await findEngine(name);
  if (engine !== undefined) return engine;
  throw new PlaygroundError({
    code: 'no-playground',
    message: `there is no playground named "${name}"`,
    hint: `start one: ${commandFor('up', name)}`,
  });
}

/** Told from the files in the playground's folder; what is in them is for the engine to judge. */
async function keptEngine(name: string): Promise<EngineId | undefined> {
  const folder = playgroundFolder(name);
  const [embedded, cluster] = await Promise.all([
    readFileIfExists(join(folder, 'state.json')),
    readFileIfExists(join(folder, 'cluster.json')),
  ]);
  if (embedded !== undefined) return 'embedded';
  if (cluster === undefined) return undefined;
  return /"engine":\s*"kubernetes"/.test(cluster) ? 'kubernetes' : 'k3d';
}

/** An engine by its id, whether a playground runs on it or not. */
export function engineById(id: EngineId): Promise<Engine> {
  return engines[id]();
}

/**
 * The making of a bundle.
 * @param operatorFiles what the operator's repository holds where the parts of a playground are at these endpoints.
 */
export async function planBundle(
  config: Config,
  file: string,
  operatorFiles: (endpoints: Endpoints) => readonly { readonly path: string; readonly content: string }[],
): Promise<BundleMaking> {
  const { planSave } = await import('./k3d/bundle-save.ts');
  return planSave(config, file, operatorFiles);
}

/** Runs the servers of a playground in this process, with a companion beside them, until it is told to end. */
export async function runEmbeddedDaemon(name: string, companion: Companion): Promise<void> {
  const { runDaemon } = await import('./embedded/daemon.ts');
  await runDaemon(name, companion);
}

/** Runs what a playground in a cluster needs on this machine, with the dashboard beside it, until it is told to end. */
export async function runClusterCompanion(name: string, beside: Beside): Promise<void> {
  const { runCompanion } = await import('./components/companion.ts');
  const work = {
    k3d: async () => (await import('./k3d/engine.ts')).companionWork,
    kubernetes: async () => (await import('./kubernetes/engine.ts')).companionWork,
  };
  await runCompanion(name, async (state) => (await work[state.engine]())(state), beside);
}

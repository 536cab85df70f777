import { PlaygroundError } from '../lib/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Engine } from './engine.ts';
import type { Companion } from './embedded/daemon.ts';

/** An engine and why it was taken. */
export interface Selection {
  readonly engine: Engine;
  readonly reason: string;
}

/** The engine that a configuration asks for; `auto` takes the best that this machine can run. */
export async function selectEngine(wanted: Config['engine']): Promise<Selection> {
  const { embeddedEngine } = await import('./embedded/engine.ts');
  const reason =
    wanted === 'auto'
      ? 'it is the only engine of this version, and needs Node and git alone'
      : 'it was asked for';
  return { engine: embeddedEngine, reason };
}

/** The engine that an existing playground runs on. */
export async function engineOf(name: string): Promise<Engine> {
  const { engine } = await selectEngine('auto');
  if ((await engine.state(name)).state !== 'absent') return engine;
  throw new PlaygroundError({
    code: 'no-playground',
    message: `there is no playground named "${name}"`,
    hint: `start one: gitops-playground up${name === 'default' ? '' : ` --name ${name}`}`,
  });
}

/** Runs the servers of a playground in this process, with a companion beside them, until it is told to end. */
export async function runEmbeddedDaemon(name: string, companion: Companion): Promise<void> {
  const { runDaemon } = await import('./embedded/daemon.ts');
  await runDaemon(name, companion);
}

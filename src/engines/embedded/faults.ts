import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readFileIfExists, writeFileAtomic } from '../../lib/fs.ts';
import { engineFaults, type EngineFault } from '../engine.ts';
import { folders } from './state.ts';
import type { RegistryServer } from '../../servers/registry/server.ts';
import type { GitServer } from '../../servers/git/server.ts';
import type { KubernetesServer } from '../../servers/kubernetes/server.ts';

/** What a request waits at a slow Git server, in milliseconds. A clone is two requests. */
const SLOWNESS = 3000;

/** The parts that can be broken. */
export interface BreakableParts {
  readonly git: Pick<GitServer, 'listener'>;
  readonly registry: Pick<RegistryServer, 'listener'>;
  readonly kubernetes: Pick<KubernetesServer, 'node'>;
}

/** What is broken on purpose in a playground, as its folder says. A file that cannot be read says nothing. */
export async function readFaults(name: string): Promise<EngineFault[]> {
  const text = (await readFileIfExists(folders(name).faults)) ?? '[]';
  try {
    const kept: unknown = JSON.parse(text);
    return engineFaults.filter((fault) => Array.isArray(kept) && kept.includes(fault));
  } catch {
    return [];
  }
}

/** Writes down what is broken from now on. */
export async function keepFault(name: string, fault: EngineFault, broken: boolean): Promise<void> {
  const { faults: file } = folders(name);
  const others = (await readFaults(name)).filter((other) => other !== fault);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomic(file, JSON.stringify(broken ? [...others, fault] : others));
}

/** Breaks a running part, or mends it. */
export async function applyFault(parts: BreakableParts, fault: EngineFault, broken: boolean): Promise<void> {
  switch (fault) {
    case 'registry-down':
      await (broken ? parts.registry.listener.suspend() : parts.registry.listener.resume());
      return;
    case 'slow-git':
      parts.git.listener.slow(broken ? () => delay(SLOWNESS) : undefined);
      return;
    case 'node-not-ready':
      if (broken) parts.kubernetes.node.suspend();
      else parts.kubernetes.node.resume();
  }
}

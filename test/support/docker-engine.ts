import { execaSync } from 'execa';
import { knock } from '../../src/engines/k3d/docker.ts';
import type { DockerHost } from '../../src/engines/k3d/docker-host.ts';

/** The Docker engine of DOCKER_HOST when it answers at a socket; tests that need a real one are skipped otherwise. */
export async function liveEngine(): Promise<Extract<DockerHost, { kind: 'socket' }> | undefined> {
  if ((process.env.DOCKER_HOST ?? '') === '') return undefined;
  const found = await knock();
  return found.state === 'answers' && found.host.kind === 'socket' ? found.host : undefined;
}

/** The k3d of the PATH, or the one that K3D names, when it is there. */
export function k3dProgram(): string | undefined {
  const program = process.env.K3D ?? 'k3d';
  return execaSync(program, ['version'], { reject: false }).failed ? undefined : program;
}

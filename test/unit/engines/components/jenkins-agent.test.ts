import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { agentPod } from '../../../../src/engines/components/jenkins-agent.ts';
import { waitFor, type Look } from '../../../../src/lib/wait.ts';
import { componentSettings, everyComponent } from '../../../support/components.ts';

describe('the pod of a build', () => {
  interface Container {
    readonly name: string;
    readonly image: string;
    readonly env?: readonly { readonly name: string; readonly value: string }[];
    readonly securityContext: Record<string, unknown>;
  }
  interface Pod {
    readonly spec: Record<string, unknown> & {
      readonly containers: Container[];
      readonly initContainers: Container[];
      readonly volumes: Record<string, unknown>[];
      readonly securityContext: Record<string, unknown>;
    };
  }
  const { spec } = agentPod(componentSettings('k3d')) as unknown as Pod;

  test('is nowhere root, privileged, or of the host', () => {
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    for (const { securityContext } of [...spec.initContainers, ...spec.containers]) {
      expect(securityContext.privileged).toBeUndefined();
      expect(securityContext.runAsUser ?? 1000).toBe(1000);
    }
    for (const volume of spec.volumes) expect(Object.keys(volume)).not.toContain('hostPath');
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(spec[key]).toBeUndefined();
    expect(JSON.stringify(spec)).not.toContain('docker.sock');
  });

  test('has no login at the Kubernetes API', () => {
    expect(spec.automountServiceAccountToken).toBe(false);
  });

  test('lets escalation only where user namespaces are made', () => {
    const loose = spec.containers.filter(
      ({ securityContext }) => securityContext.allowPrivilegeEscalation !== false,
    );
    expect(loose.map(({ name }) => name)).toEqual(['buildkit']);
  });

  test('tells the pipeline library where BuildKit listens, in the container that runs the steps', () => {
    const steps = spec.containers.find(({ name }) => name === 'jnlp');
    expect(steps?.image).toContain('/node:');
    const address = steps?.env?.find(({ name }) => name === 'BUILDKIT_HOST')?.value;
    expect(JSON.stringify(spec.containers.find(({ name }) => name === 'buildkit'))).toContain(`"${address}"`);
  });

  test.each([
    ['runs BuildKit where the node lets it', 'exit 0', 'buildkitd --addr'],
    ['says beside the socket why BuildKit cannot run, and stays', 'echo no room; exit 1', 'no room'],
  ])('%s', async (_, rootlesskit, said) => {
    const folder = await mkdtemp(join(tmpdir(), 'agent-'));
    const buildkit = spec.containers.find(({ name }) => name === 'buildkit') as unknown as {
      command: string[];
      args: string[];
      readinessProbe: { exec: { command: string[] } };
      volumeMounts: { name: string; mountPath: string }[];
    };
    const socket = buildkit.volumeMounts.find(({ name }) => name === 'buildkit-socket')?.mountPath ?? '';
    const here = (words: string[]) => words.map((word) => word.replaceAll(socket, folder));
    const program = `#!/bin/sh\n[ "$1" = true ] || { echo "$@"; exec sleep 60; }\n${rootlesskit}\n`;
    await writeFile(join(folder, 'rootlesskit'), program, { mode: 0o755 });
    const [shell = '', ...words] = here([...buildkit.command, ...buildkit.args]);
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH ?? ''}` };
    const container = spawn(shell, words, { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    onTestFinished(async () => {
      // With what the shell has left, if anything.
      spawnSync('kill', ['-KILL', '--', `-${container.pid}`], { stdio: 'ignore' });
      await rm(folder, { recursive: true, force: true });
    });
    const [chunk] = (await once(container.stdout, 'data')) as [Buffer];
    expect(chunk.toString()).toContain(said);
    const [probe = '', ...rest] = here(buildkit.readinessProbe.exec.command);
    const { status } = spawnSync(probe, rest, { env, stdio: 'ignore' });
    const unavailable = await readFile(join(folder, 'unavailable'), 'utf8').catch(() => undefined);
    // Without buildctl there, only what is said makes the pod ready.
    expect([status === 0, unavailable]).toEqual(
      said === 'no room' ? [true, 'no room\n'] : [false, undefined],
    );
    container.kill('SIGTERM');
    await once(container, 'exit');
  });

  test('has no image that the component does not name', () => {
    const { component, settings } = everyComponent('k3d').find(({ name }) => name === 'jenkins')!;
    const images = component.images(settings);
    for (const { image } of [...spec.initContainers, ...spec.containers]) expect(images).toContain(image);
  });

  test('sees the registry where image references say that it is', async () => {
    const registry = createServer((socket) => {
      socket.end('the registry');
    });
    const listener = await new Promise<number>((resolve) => {
      registry.listen(0, '127.0.0.1', () => resolve((registry.address() as AddressInfo).port));
    });
    onTestFinished(() => void registry.close());
    const settings = componentSettings('k3d');
    const free = await freePort();
    const pod = agentPod({
      ...settings,
      endpoints: {
        ...settings.endpoints,
        registry: { host: `localhost:${free}`, clusterHost: `localhost:${free}` },
      },
      registry: { podHost: `127.0.0.1:${listener}` },
    }) as unknown as { spec: { containers: { name: string; command: string[] }[] } };
    const [, ...args] = pod.spec.containers.find(({ name }) => name === 'registry')?.command ?? [];
    const forwarder = spawn(process.execPath, args, { stdio: 'inherit' });
    onTestFinished(() => void forwarder.kill());
    expect(await waitFor(() => ask(free), { what: 'the forwarder', limit: 10_000 })).toBe('the registry');
    // As the first process of its container it would not be ended by a signal that it does not listen to.
    forwarder.kill('SIGTERM');
    expect(await once(forwarder, 'exit')).toEqual([0, null]);
  });
});

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What a server says to whoever connects. */
function ask(port: number): Promise<Look<string>> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (part) => (text += part.toString()));
    socket.on('error', (error) => resolve({ done: false, seen: error.message }));
    socket.on('end', () =>
      resolve(text === '' ? { done: false, seen: 'nothing' } : { done: true, value: text }),
    );
  });
}

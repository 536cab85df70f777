import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isLoopbackHost } from '../../lib/http/guard.ts';

/** Where a Docker engine answers, and how we came to think so. */
export type DockerHost =
  | { readonly kind: 'socket'; readonly path: string; readonly from: string }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      /** Folder with `ca.pem`, `cert.pem` and `key.pem`, where the connection is by TLS. */
      readonly certificates?: string;
      readonly from: string;
    }
  /** It is somewhere that a playground cannot be: its ports would not be on this machine. */
  | { readonly kind: 'remote'; readonly address: string; readonly from: string };

/** What finding a Docker engine depends on; the process's own unless told. */
export interface DockerSurroundings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  readonly exists?: (path: string) => boolean;
}

/** Sockets of the products that people run, in the order in which they are tried when nothing else is set. */
function knownSockets(home: string, runtimeDir: string | undefined): { path: string; product: string }[] {
  const runtime = runtimeDir ?? `/run/user/${String(process.getuid?.() ?? 0)}`;
  return [
    { path: '/var/run/docker.sock', product: 'the default socket' },
    { path: join(home, '.docker/run/docker.sock'), product: 'Docker Desktop' },
    { path: join(home, '.docker/desktop/docker.sock'), product: 'Docker Desktop' },
    { path: join(home, '.orbstack/run/docker.sock'), product: 'OrbStack' },
    { path: join(home, '.colima/default/docker.sock'), product: 'Colima' },
    { path: join(home, '.config/colima/default/docker.sock'), product: 'Colima' },
    { path: join(home, '.rd/docker.sock'), product: 'Rancher Desktop' },
    { path: join(runtime, 'docker.sock'), product: 'rootless Docker' },
    { path: join(runtime, 'podman/podman.sock'), product: 'Podman' },
    { path: '/run/podman/podman.sock', product: 'Podman' },
  ];
}

/**
 * The Docker engine that the docker command would use: DOCKER_HOST, DOCKER_CONTEXT, the current context, and then the
 * sockets of the known products. Undefined when there is none. Reads small files alone, and connects to nothing.
 */
export function findDockerHost(surroundings: DockerSurroundings = {}): DockerHost | undefined {
  const { env = process.env, home = homedir(), exists = existsSync } = surroundings;
  if (env.DOCKER_HOST !== undefined && env.DOCKER_HOST !== '') {
    const tls = env.DOCKER_TLS_VERIFY !== undefined && env.DOCKER_TLS_VERIFY !== '';
    const certificates = tls ? (env.DOCKER_CERT_PATH ?? join(home, '.docker')) : undefined;
    return parseAddress(env.DOCKER_HOST, 'DOCKER_HOST', certificates);
  }
  const folder = env.DOCKER_CONFIG ?? join(home, '.docker');
  const context = env.DOCKER_CONTEXT ?? currentContext(folder);
  if (context !== undefined && context !== 'default') return readContext(folder, context, exists);
  const socket = knownSockets(home, env.XDG_RUNTIME_DIR).find(({ path }) => exists(path));
  return socket === undefined ? undefined : { kind: 'socket', path: socket.path, from: socket.product };
}

/** The address as programs take it in DOCKER_HOST, with what else they need in their environment. */
export function dockerEnvironment(host: DockerHost): Record<string, string> {
  switch (host.kind) {
    case 'socket':
      return { DOCKER_HOST: `unix://${host.path}` };
    case 'tcp':
      return {
        DOCKER_HOST: `tcp://${host.host}:${host.port}`,
        ...(host.certificates === undefined
          ? {}
          : { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: host.certificates }),
      };
    case 'remote':
      return { DOCKER_HOST: host.address };
  }
}

/** The address of a Docker engine in the words of a person. */
export function describeHost(host: DockerHost): string {
  return `${dockerEnvironment(host).DOCKER_HOST ?? ''} (${host.from})`;
}

function parseAddress(text: string, from: string, certificates: string | undefined): DockerHost {
  if (text.startsWith('unix://')) return { kind: 'socket', path: text.slice('unix://'.length), from };
  if (text.startsWith('npipe://')) {
    return { kind: 'socket', path: text.slice('npipe://'.length).replaceAll('/', '\\'), from };
  }
  if (text.startsWith('/')) return { kind: 'socket', path: text, from };
  const [, name = '', port] = /^(?:tcp|https?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(text) ?? [];
  if (isLoopbackHost(name)) {
    return {
      kind: 'tcp',
      host: name,
      port: Number(port ?? (certificates === undefined ? 2375 : 2376)),
      from,
      ...(certificates === undefined ? {} : { certificates }),
    };
  }
  return { kind: 'remote', address: text, from };
}

function currentContext(folder: string): string | undefined {
  const config = readJson(join(folder, 'config.json')) as { currentContext?: unknown } | undefined;
  return typeof config?.currentContext === 'string' && config.currentContext !== ''
    ? config.currentContext
    : undefined;
}

/** A context of the docker command: its folder is named by the SHA-256 of its name. */
function readContext(
  folder: string,
  name: string,
  exists: (path: string) => boolean,
): DockerHost | undefined {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = readJson(join(folder, 'contexts', 'meta', id, 'meta.json')) as
    { Endpoints?: { docker?: { Host?: unknown } } } | undefined;
  const address = meta?.Endpoints?.docker?.Host;
  if (typeof address !== 'string') return undefined;
  const tls = join(folder, 'contexts', 'tls', id, 'docker');
  return parseAddress(address, `the context "${name}"`, exists(tls) ? tls : undefined);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // No such file, or one that the docker command would complain about itself.
    return undefined;
  }
}

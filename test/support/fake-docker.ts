import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a small Docker engine keeps: enough for what a playground does with one, and nothing runs in it. */
interface Container {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its further names, by network. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
  running: boolean;
  startedAt: string;
}

interface Labelled {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A Docker engine that is well, has every image, and keeps containers, networks and volumes as names with labels. */
export class FakeDocker {
  readonly containers = new Map<string, Container>();
  readonly networks = new Map<string, Labelled>();
  readonly volumes = new Map<string, Labelled>();

  async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://docker');
    const path = decodeURIComponent(url.pathname.replace(/^\/v\d+\.\d+(?=\/)/, ''));
    const body = await readJson(incoming);
    const [status, content] = this.#handle(incoming.method ?? 'GET', path, url.searchParams, body);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof content === 'string' ? content : JSON.stringify(content));
  }

  #handle(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Record<string, unknown>,
  ): [number, unknown] {
    const fixed = healthy[`${method} ${path}`];
    if (fixed !== undefined) return [200, fixed];
    const filters = JSON.parse(query.get('filters') ?? '{}') as { label?: string[] };
    const matching = <T extends Labelled>(all: Iterable<T>): T[] =>
      [...all].filter(({ labels }) =>
        (filters.label ?? []).every((label) => {
          const [key = '', value] = label.split('=');
          return value === undefined ? key in labels : labels[key] === value;
        }),
      );
    const [, kind = '', name = '', action = ''] = path.split('/');
    const labels = (body.Labels ?? {}) as Record<string, string>;
    switch (`${method} ${kind}`) {
      case 'GET images':
        return [200, { Id: 'sha256:1' }];
      case 'GET networks':
        if (name === '') {
          const all = [{ name: 'bridge', labels: {} }, ...this.networks.values()];
          return [200, matching(all).map(asNetwork)];
        }
        return found(this.networks.get(name), asNetwork);
      case 'POST networks':
        this.networks.set(String(body.Name), { name: String(body.Name), labels });
        return [201, { Id: body.Name }];
      case 'DELETE networks':
        return [this.networks.delete(name) ? 204 : 404, ''];
      case 'GET volumes':
        return [200, { Volumes: matching(this.volumes.values()).map((volume) => ({ Name: volume.name })) }];
      case 'POST volumes':
        this.volumes.set(String(body.Name), { name: String(body.Name), labels });
        return [201, { Name: body.Name }];
      case 'DELETE volumes':
        return [this.volumes.delete(name) ? 204 : 404, ''];
      case 'GET containers':
        if (name === 'json') return [200, matching(this.containers.values()).map(asListed)];
        return found(this.containers.get(name), asInspected);
      case 'POST containers':
        if (name === 'create') {
          const created = query.get('name') ?? '';
          const aliases = aliasesIn(body);
          this.containers.set(created, { name: created, labels, aliases, running: false, startedAt: '' });
          return [201, { Id: created }];
        }
        return this.#turn(name, action);
      case 'DELETE containers':
        return [this.containers.delete(name) ? 204 : 404, ''];
      default:
        return [404, { message: `no such call: ${method} ${path}` }];
    }
  }

  #turn(name: string, action: string): [number, unknown] {
    const container = this.containers.get(name);
    if (container === undefined) return [404, { message: `No such container: ${name}` }];
    if (action === 'start') {
      container.running = true;
      container.startedAt = new Date().toISOString();
    } else container.running = false;
    return [204, ''];
  }
}

function aliasesIn({ NetworkingConfig }: Record<string, unknown>): Container['aliases'] {
  const { EndpointsConfig = {} } = (NetworkingConfig ?? {}) as {
    EndpointsConfig?: Record<string, { Aliases?: string[] }>;
  };
  return Object.fromEntries(
    Object.entries(EndpointsConfig).map(([network, { Aliases = [] }]) => [network, Aliases]),
  );
}

function found<T>(value: T | undefined, as: (value: T) => unknown): [number, unknown] {
  return value === undefined ? [404, { message: 'no such object' }] : [200, as(value)];
}

const asNetwork = ({ name, labels }: Labelled) => ({ Name: name, Id: name, Labels: labels });
const asListed = ({ name, labels, running }: Container) => ({
  ...{ Id: name, Names: [`/${name}`], Labels: labels },
  State: running ? 'running' : 'exited',
});
const asInspected = ({ name, labels, running, startedAt }: Container) => ({
  ...{ Id: name, Name: `/${name}`, Config: { Labels: labels } },
  State: { Running: running, StartedAt: startedAt },
});

async function readJson(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** What an engine says of itself on a machine that has all that is needed. */
const healthy: Readonly<Record<string, unknown>> = {
  'GET /_ping': 'OK',
  'GET /version': { Version: '28.2.2', ApiVersion: '1.50', Os: 'linux', Arch: 'amd64' },
  'GET /info': {
    OSType: 'linux',
    OperatingSystem: 'Test Linux',
    Architecture: 'x86_64',
    MemTotal: 16 * 1024 ** 3,
    NCPU: 4,
    CgroupVersion: '2',
    SecurityOptions: [],
    DockerRootDir: '/',
    HttpProxy: '',
    HttpsProxy: '',
    RegistryConfig: { Mirrors: [] },
  },
};

import { readFile, statfs } from 'node:fs/promises';
import { lookup } from 'node:dns/promises';
import type Docker from 'dockerode';
import { satisfies, coerce } from 'semver';
import { messageOf } from '../../lib/errors.ts';
import type { Memory } from '../../config/profiles.ts';
import type { Finding } from '../engine.ts';
import type { Knock } from './docker.ts';

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;

/** k3d 5.9 talks to Docker 20.10 and newer. */
const DOCKER_RANGE = '>=20.10.0';
/** So many MiB the Docker engine's machine uses itself, beside what pods ask for. */
const MEMORY_OF_ENGINE = 512;
/** Pods use more than they ask for: with so much of it there is room. */
const COMFORT = 1.75;
/** The images of the loop and what is built in a lesson. */
const DISK_NEEDED = 12 * GIBIBYTE;
/** Each node and many parts watch files; with less, "too many open files" comes up at some point. */
const INSTANCES_NEEDED = 256;
const WATCHES_NEEDED = 65_536;

/** What the Docker engine says of itself and of the machine that it runs on. */
export interface DockerFacts {
  readonly version: string;
  readonly os: string;
  readonly operatingSystem: string;
  readonly architecture: string;
  /** Bytes */
  readonly memory: number;
  readonly processors: number;
  readonly cgroupVersion: string;
  readonly rootless: boolean;
  readonly rootDir: string;
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly mirrors: readonly string[];
  /** Names of the network drivers; without `bridge` containers cannot be connected. */
  readonly networks: readonly string[];
}

/** As `docker info` and `docker version` have it. */
export async function readFacts(docker: Docker): Promise<DockerFacts> {
  const [info, version, networks] = await Promise.all([
    docker.info() as Promise<Record<string, unknown>>,
    docker.version(),
    docker.listNetworks(),
  ]);
  const text = (key: string) => (typeof info[key] === 'string' ? info[key] : '');
  const options = Array.isArray(info.SecurityOptions) ? info.SecurityOptions.map(String) : [];
  const registry = info.RegistryConfig as { Mirrors?: string[] | null } | null | undefined;
  return {
    version: version.Version,
    os: text('OSType'),
    operatingSystem: text('OperatingSystem'),
    architecture: text('Architecture'),
    memory: Number(info.MemTotal ?? 0),
    processors: Number(info.NCPU ?? 0),
    cgroupVersion: text('CgroupVersion'),
    rootless: options.some((option) => option.includes('rootless')),
    rootDir: text('DockerRootDir'),
    httpProxy: text('HttpProxy'),
    httpsProxy: text('HttpsProxy'),
    mirrors: registry?.Mirrors ?? [],
    networks: networks.map(({ Name }) => Name),
  };
}

/** What a first knock means, for when it was not answered. */
export function judgeKnock(found: Exclude<Knock, { state: 'answers' }>): Finding {
  const mends: Readonly<Record<typeof found.state, string>> = {
    absent: 'install Docker (or Colima, OrbStack, Rancher Desktop, Podman), or use: up --engine embedded',
    remote: 'use a Docker engine of this machine: unset DOCKER_HOST, or docker context use default',
    dead: 'start Docker, then run doctor again',
    silent: 'see why Docker is so slow, or restart it, then run doctor again',
    forbidden: 'add yourself to the group: sudo usermod -aG docker "$USER", then log in anew',
  };
  return { title: 'Docker', level: 'fail', detail: found.reason, mend: mends[found.state] };
}

/**
 * What the Docker engine's own words mean for a playground. Pure.
 * @param asked what the pods of the playground ask for.
 */
export function judgeFacts(facts: DockerFacts, asked: Memory): Finding[] {
  return [
    judgeVersion(facts),
    judgeArchitecture(facts),
    judgeMemory(facts, asked),
    judgeControlGroups(facts),
    judgeNetwork(facts),
  ];
}

function judgeVersion({ version, operatingSystem, rootless }: DockerFacts): Finding {
  const detail = `version ${version} on ${operatingSystem}${rootless ? ', rootless' : ''}`;
  if (satisfies(coerce(version)?.version ?? '0.0.0', DOCKER_RANGE)) {
    return { title: 'Docker', level: 'ok', detail };
  }
  return {
    title: 'Docker',
    level: 'fail',
    detail: `${detail} is too old`,
    mend: 'install Docker 20.10 or newer',
  };
}

function judgeArchitecture({ os, architecture }: DockerFacts): Finding {
  const title = 'Architecture';
  const detail = `${os}/${architecture}`;
  if (os !== 'linux') {
    return { title, level: 'fail', detail, mend: 'switch Docker to Linux containers' };
  }
  if (['x86_64', 'amd64', 'aarch64', 'arm64'].includes(architecture)) return { title, level: 'ok', detail };
  return {
    title,
    level: 'fail',
    detail,
    mend: 'the images exist for amd64 and arm64 alone: use up --engine embedded',
  };
}

function judgeMemory({ memory, processors, operatingSystem }: DockerFacts, asked: Memory): Finding {
  const title = 'Memory';
  const mebibytes = Math.round(memory / MEBIBYTE);
  const needed = asked.mebibytes + MEMORY_OF_ENGINE;
  const comfort = Math.ceil((needed * COMFORT) / 1024);
  const detail = `Docker has ${mebibytes} MiB and ${processors} processors`;
  const reckoned = `${needed} MiB (${asked.measured ? 'measured' : 'reckoned from what pods ask for, not measured'})`;
  const mend = operatingSystem.includes('Docker Desktop')
    ? `give it ${comfort} GiB (Docker Desktop, Settings, Resources), or take fewer add-ons or a smaller profile`
    : `give Docker's machine ${comfort} GiB (colima start --memory ${comfort}), take fewer add-ons or a smaller profile, or use: up --engine embedded`;
  if (mebibytes < needed)
    return {
      title,
      level: 'fail',
      detail: `${detail}; this profile with its add-ons needs ${reckoned}`,
      mend,
    };
  if (mebibytes < comfort * 1024)
    return {
      title,
      level: 'warn',
      detail: `${detail}, which is tight: this profile with its add-ons needs ${reckoned}`,
      mend,
    };
  return { title, level: 'ok', detail };
}

function judgeControlGroups({ cgroupVersion, rootless }: DockerFacts): Finding {
  const title = 'Control groups';
  const detail = cgroupVersion === '' ? 'of a version that Docker does not tell' : `version ${cgroupVersion}`;
  if (cgroupVersion === '2') return { title, level: 'ok', detail };
  // The nodes' kubelets are told to take version 1; rootless needs version 2 to limit anything.
  return {
    title,
    level: cgroupVersion === '1' && rootless ? 'fail' : 'warn',
    detail: `${detail}${rootless ? ', rootless' : ''}: Kubernetes ${rootless ? 'needs' : 'will soon need'} version 2`,
    mend: 'boot with systemd.unified_cgroup_hierarchy=1, or use a newer system',
  };
}

function judgeNetwork({ networks }: DockerFacts): Finding {
  const title = 'Networks';
  if (networks.includes('bridge') || networks.includes('podman')) {
    return { title, level: 'ok', detail: 'Docker can connect containers' };
  }
  return {
    title,
    level: 'fail',
    detail: 'the Docker engine runs without a bridge network, so nodes cannot be connected',
    mend: 'start dockerd without --bridge none',
  };
}

/** What the daemon's disk has free, where its folder can be seen from here. Daemons in a machine of their own keep theirs there. */
export async function judgeDisk({ rootDir, operatingSystem }: DockerFacts): Promise<Finding> {
  const title = 'Disk of Docker';
  const mend = 'free space: docker system prune, or give Docker a larger disk';
  try {
    const { bavail, bsize } = await statfs(rootDir);
    const free = bavail * bsize;
    const detail = `${(free / GIBIBYTE).toFixed(1)} GiB free at ${rootDir}`;
    if (free >= DISK_NEEDED) return { title, level: 'ok', detail };
    return {
      title,
      level: free < DISK_NEEDED / 2 ? 'fail' : 'warn',
      detail: `${detail}; ${DISK_NEEDED / GIBIBYTE} GiB are needed, and pods are evicted when it runs out`,
      mend,
    };
  } catch {
    return {
      title,
      level: 'ok',
      detail: `is inside ${operatingSystem}, and cannot be seen from here`,
    };
  }
}

/** Limits of the kernel that the nodes share with the Docker engine, where that is this one. */
export async function judgeInotify(folder = '/proc/sys/fs/inotify'): Promise<Finding> {
  const title = 'Watches of files';
  const read = async (name: string) => Number(await readFile(`${folder}/${name}`, 'utf8'));
  try {
    const [instances, watches] = await Promise.all([read('max_user_instances'), read('max_user_watches')]);
    const detail = `${instances} instances and ${watches} watches for each user`;
    if (instances >= INSTANCES_NEEDED && watches >= WATCHES_NEEDED) return { title, level: 'ok', detail };
    return {
      title,
      level: 'warn',
      detail: `${detail}, which nodes and parts can use up ("too many open files")`,
      mend: `sudo sysctl fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=524288`,
    };
  } catch {
    return {
      title,
      level: 'ok',
      detail: 'belong to the machine that Docker runs in, and cannot be seen from here',
    };
  }
}

/** Proxies and own certificate authorities: whether the Docker engine knows of those that this shell uses. */
export function judgeProxies(
  facts: Pick<DockerFacts, 'httpProxy' | 'httpsProxy'>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Finding {
  const title = 'Proxy';
  const mine = env.HTTPS_PROXY ?? env.https_proxy ?? env.HTTP_PROXY ?? env.http_proxy ?? '';
  const authority = env.NODE_EXTRA_CA_CERTS ?? env.SSL_CERT_FILE ?? '';
  const own = authority === '' ? '' : `; own certificate authorities in ${authority}`;
  const its = facts.httpsProxy === '' ? facts.httpProxy : facts.httpsProxy;
  if (mine !== '' && its === '') {
    return {
      title,
      level: 'warn',
      detail: `this shell uses the proxy ${withoutPassword(mine)}, and the Docker engine uses none${own}`,
      mend: 'tell Docker of the proxy (https://docs.docker.com/engine/daemon/proxy), with localhost and 127.0.0.0/8 excepted',
    };
  }
  const except = env.NO_PROXY ?? env.no_proxy ?? '';
  if (mine !== '' && !/localhost|127\.0\.0\.1/.test(except)) {
    return {
      title,
      level: 'warn',
      detail: `the proxy ${withoutPassword(mine)} is used for localhost too, so the parts would be looked for behind it`,
      mend: 'export NO_PROXY=localhost,127.0.0.1,.localhost',
    };
  }
  const detail = mine === '' && its === '' ? 'none' : withoutPassword(its === '' ? mine : its);
  return { title, level: 'ok', detail: `${detail}${own}` };
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

/** Whether names below localhost mean this machine, by which the ingress serves the stages. */
export async function judgeNames(): Promise<Finding> {
  const title = 'Names below localhost';
  const name = 'storefront.staging.localhost';
  try {
    const { address } = await lookup(name);
    if (address === '::1' || address.startsWith('127.')) {
      return { title, level: 'ok', detail: `${name} means this machine` };
    }
    return {
      title,
      level: 'warn',
      detail: `${name} means ${address}, not this machine`,
      mend: 'use the addresses with a port',
    };
  } catch (error) {
    return {
      title,
      level: 'warn',
      detail: `programs other than browsers and curl do not find ${name} (${messageOf(error)})`,
      mend: 'use the addresses with a port, which every program finds',
    };
  }
}

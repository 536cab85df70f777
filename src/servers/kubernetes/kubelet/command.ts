import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Container } from 'kubernetes-types/core/v1';
import type { ImageConfig } from '../../../clients/oci.ts';
import { expand } from './expansion.ts';

/** A container cannot be made; `reason` is what its waiting state says. */
export class ContainerError extends Error {
  readonly reason: 'CreateContainerConfigError' | 'CreateContainerError' | 'RunContainerError';

  constructor(reason: ContainerError['reason'], message: string) {
    super(message);
    this.name = 'ContainerError';
    this.reason = reason;
  }
}

/** How messages name the engine that runs what this one cannot. */
export const ELSEWHERE = 'the engine k3d (`gitops-playground up --engine k3d`) runs every image';

/** Programs that only start the one after them. */
const WRAPPERS = new Set(['tini', 'dumb-init', 'docker-entrypoint.sh', 'env', 'exec']);

/**
 * The arguments for node that a container starts with, by the rules of `command` and `args` (API reference, "Container").
 * @param toReal gives the real path for a path in the container.
 * @throws ContainerError when the container does not start with node.
 */
export function nodeArguments(
  container: Pick<Container, 'name' | 'command' | 'args'>,
  config: ImageConfig['config'],
  environment: Readonly<Record<string, string>>,
  workingDir: string,
  toReal: (path: string) => string,
): string[] {
  const { command, args } = container;
  const entrypoint = command ?? config?.Entrypoint ?? [];
  const rest = args ?? (command === undefined ? (config?.Cmd ?? []) : []);
  const words = [...entrypoint, ...rest].map((word) => expand(word, environment));
  if (words.length === 0) {
    throw new ContainerError(
      'CreateContainerError',
      'no command specified: the image has neither entrypoint nor command',
    );
  }
  const node = findNode(words, workingDir, toReal);
  if (node === undefined) {
    throw new ContainerError(
      'RunContainerError',
      `this cluster runs containers as processes of the host's node, and the container "${container.name}" starts with "${words.join(' ').slice(0, 200)}": only images that start with node can run here; ${ELSEWHERE}`,
    );
  }
  return node.filter((word) => !LOOSENING.test(word)).map((word) => realArgument(word, toReal));
}

/** Flags by which a program would give itself more rights. Node takes `_` for `-`. */
const LOOSENING = /^--(allow[-_]|(no[-_])?permission|(no[-_])?experimental[-_]permission|inspect)/;

/** Node's flags for a program that change nothing about its rights, and therefore may stand in NODE_OPTIONS. */
const HARMLESS = new RegExp(
  `^--(${[
    'conditions',
    'deprecation',
    'disable-warning',
    'dns-result-order',
    'enable-source-maps',
    'experimental-(?!permission|loader|policy|wasi|shadow|network).*',
    'expose-gc',
    'input-type',
    'max-http-header-size',
    'max-old-space-size',
    'max-semi-space-size',
    'network-family-autoselection.*',
    'no-deprecation',
    'no-experimental-(?!permission).*',
    'no-network-family-autoselection',
    'no-warnings',
    'pending-deprecation',
    'preserve-symlinks.*',
    'stack-trace-limit',
    'throw-deprecation',
    'tls-.*',
    'trace-(?!event).*',
    'unhandled-rejections',
    'use-bundled-ca',
    'warnings',
  ].join('|')})$`,
);

/**
 * Variables that make the system's loader, OpenSSL or Node itself run code or write files before the permission model
 * holds. They name files of the image, which the host does not have at those places.
 */
const UNSAFE_VARIABLES =
  /^(LD_|DYLD_|GLIBC_TUNABLES$|GCONV_PATH$|OPENSSL_(CONF|MODULES|ENGINES)$|SSLKEYLOGFILE$|NODE_(V8_COVERAGE|REPL_EXTERNAL_MODULE|REDIRECT_WARNINGS|COMPILE_CACHE)$)/;

/**
 * The environment that a container's node may start with: without variables that would run code outside its limits.
 * @throws ContainerError for a flag in NODE_OPTIONS that could loosen them.
 */
export function safeEnvironment(
  name: string,
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const flags = (environment.NODE_OPTIONS ?? '').split(/\s+/).filter((word) => word.startsWith('-'));
  const refused = flags
    .map((word) => word.replace(/=.*/s, ''))
    .find((flag) => !HARMLESS.test(flag.replaceAll('_', '-')));
  if (refused !== undefined) {
    throw new ContainerError(
      'CreateContainerConfigError',
      `the container "${name}" sets NODE_OPTIONS with ${refused}, which could loosen the limits of its process; leave it out, or use an engine with real containers: ${ELSEWHERE}`,
    );
  }
  return Object.fromEntries(Object.entries(environment).filter(([key]) => !UNSAFE_VARIABLES.test(key)));
}

/** The words after `node`, looking through wrappers, plain shell commands and npm scripts. */
function findNode(
  words: readonly string[],
  workingDir: string,
  toReal: (path: string) => string,
  depth = 0,
): string[] | undefined {
  const [first = '', ...rest] = words;
  const program = posix.basename(first);
  if (program === 'node' || program === 'nodejs') return rest;
  if (depth > 5) return undefined;
  if (WRAPPERS.has(program)) {
    const [next = ''] = rest;
    if (next === '--') return findNode(rest.slice(1), workingDir, toReal, depth + 1);
    // The official images' script starts node for flags and for files that are no programs.
    if (program === 'docker-entrypoint.sh' && (next.startsWith('-') || /\.[cm]?js$/.test(next))) return rest;
    return findNode(rest, workingDir, toReal, depth + 1);
  }
  if ((program === 'sh' || program === 'bash') && rest[0] === '-c' && rest.length === 2) {
    const line = plainWords(rest[1] ?? '');
    return line && findNode(line, workingDir, toReal, depth + 1);
  }
  if (program === 'npm' || program === 'yarn' || program === 'pnpm') {
    const script = rest[0] === 'run' ? rest[1] : rest[0];
    const line =
      script === undefined ? undefined : plainWords(packageScript(script, workingDir, toReal) ?? '');
    return line && findNode(line, workingDir, toReal, depth + 1);
  }
  return undefined;
}

/** A shell command without anything that needs a shell. */
function plainWords(line: string): string[] | undefined {
  const words = line.trim().split(/\s+/);
  return /[^\w\s@%+=:,./-]/.test(line) || words[0] === '' ? undefined : words;
}

function packageScript(
  name: string,
  workingDir: string,
  toReal: (path: string) => string,
): string | undefined {
  try {
    const file = toReal(posix.join(workingDir, 'package.json'));
    const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts?: Record<string, string> };
    return scripts?.[name];
  } catch {
    return undefined;
  }
}

/** Absolute paths of the container, alone or after `--flag=`, become real ones. */
function realArgument(word: string, toReal: (path: string) => string): string {
  const [, flag = '', path] = /^(--[\w-]+=)?(\/.*)$/.exec(word) ?? [];
  return path === undefined ? word : `${flag}${toReal(path)}`;
}

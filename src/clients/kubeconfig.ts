import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { PlaygroundError, messageOf, systemCode } from '../lib/errors.ts';
import { basicAuthorization } from '../lib/http/auth.ts';
import { run } from '../lib/process.ts';
import type { HttpSettings } from './http.ts';

/** How to reach a cluster, and as whom. */
export interface ClusterAccess {
  readonly http: HttpSettings;
  /** The context's namespace, `default` unless it says otherwise. */
  readonly namespace: string;
  readonly context: string;
}

export interface KubeconfigSource {
  /** A file; else what KUBECONFIG names, else ~/.kube/config. */
  readonly file?: string;
  /** The text of a kubeconfig, instead of a file. */
  readonly text?: string;
  /** The current context unless told. */
  readonly context?: string;
}

interface Named<Field extends string, T> {
  readonly entry: Record<Field, T> & { readonly name: string };
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly Named<'cluster', ClusterEntry>['entry'][];
  readonly users?: readonly Named<'user', UserEntry>['entry'][];
  readonly contexts?: readonly Named<'context', ContextEntry>['entry'][];
}

interface ClusterEntry {
  readonly server: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
}

interface UserEntry {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly exec?: {
    readonly apiVersion: string;
    readonly command: string;
    readonly args?: readonly string[] | null;
    readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  };
}

interface ContextEntry {
  readonly cluster: string;
  readonly user?: string;
  readonly namespace?: string;
}

/**
 * Reads a kubeconfig: certificates in files or inline, tokens, basic authentication and credential plugins.
 * @throws PlaygroundError `kubeconfig-missing`, `kubeconfig-invalid` or `kubeconfig-context`.
 */
export async function loadKubeconfig(source: KubeconfigSource = {}): Promise<ClusterAccess> {
  const { text, file } = await readSource(source);
  const folder = file === undefined ? process.cwd() : dirname(resolve(file));
  const config = parseConfig(text, file ?? 'the given text');
  const name = source.context ?? config['current-context'] ?? '';
  const context = config.contexts?.find((candidate) => candidate.name === name)?.context;
  if (context === undefined) {
    const known = config.contexts?.map((candidate) => candidate.name).join(', ') ?? '';
    throw new PlaygroundError({
      code: 'kubeconfig-context',
      message: `the kubeconfig has no context "${name}"`,
      hint: known === '' ? 'add a context to it' : `choose one of: ${known}`,
    });
  }
  const cluster = config.clusters?.find((candidate) => candidate.name === context.cluster)?.cluster;
  if (cluster === undefined) throw invalid(`the context "${name}" names a cluster that is not there`);
  const user = config.users?.find((candidate) => candidate.name === context.user)?.user ?? {};
  const ca = await material(cluster, 'certificate-authority', folder);
  return {
    context: name,
    namespace: context.namespace ?? 'default',
    http: {
      baseUrl: cluster.server,
      ...(ca === undefined ? {} : { ca }),
      ...(cluster['insecure-skip-tls-verify'] === true ? { insecure: true } : {}),
      ...(await credentials(user, folder)),
    },
  };
}

/** Fields of a kubeconfig that name files, relative to its own folder. */
const FILE_FIELDS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'] as const;

/**
 * A kubeconfig with one context of another one alone, and nothing else of it: what a program gets that has to reach
 * this cluster and no other.
 * @throws PlaygroundError as `loadKubeconfig` does.
 */
export async function extractContext(source: KubeconfigSource): Promise<{ text: string; context: string }> {
  const { context: name } = await loadKubeconfig(source);
  const { text, file } = await readSource(source);
  const folder = file === undefined ? process.cwd() : dirname(resolve(file));
  const config = parseConfig(text, file ?? 'the given text');
  const context = config.contexts?.find((candidate) => candidate.name === name);
  const cluster = config.clusters?.find((candidate) => candidate.name === context?.context.cluster);
  const user = config.users?.find((candidate) => candidate.name === context?.context.user);
  const absolute = <T extends object>(entry: T): T =>
    Object.fromEntries(
      Object.entries(entry).map(([key, value]: [string, unknown]) => {
        const isFile = FILE_FIELDS.some((field) => field === key) && typeof value === 'string';
        return [key, isFile ? resolve(folder, value) : value];
      }),
    ) as T;
  const extracted = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [context],
    clusters: cluster === undefined ? [] : [{ ...cluster, cluster: absolute(cluster.cluster) }],
    users: user === undefined ? [] : [{ ...user, user: absolute(user.user) }],
  };
  return { text: stringify(extracted, { lineWidth: 0 }), context: name };
}

async function readSource({ text, file }: KubeconfigSource): Promise<{ text: string; file?: string }> {
  if (text !== undefined) return { text };
  const [fromEnvironment] = (process.env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  const path = file ?? fromEnvironment ?? join(homedir(), '.kube', 'config');
  try {
    return { text: await readFile(path, 'utf8'), file: path };
  } catch (error) {
    throw new PlaygroundError({
      code: 'kubeconfig-missing',
      message: `the kubeconfig ${path} cannot be read (${systemCode(error) ?? messageOf(error)})`,
      hint: 'set KUBECONFIG to the file of your cluster',
      cause: error,
    });
  }
}

function parseConfig(text: string, file: string): Kubeconfig {
  try {
    const parsed: unknown = parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (error) {
    throw invalid(`${file} is not YAML: ${messageOf(error)}`, error);
  }
  throw invalid(`${file} holds no kubeconfig`);
}

function invalid(message: string, cause?: unknown): PlaygroundError {
  return new PlaygroundError({ code: 'kubeconfig-invalid', message, cause });
}

async function credentials(user: UserEntry, folder: string): Promise<Partial<HttpSettings>> {
  const certificate = await material(user, 'client-certificate', folder);
  const key = await material(user, 'client-key', folder);
  if (certificate !== undefined && key !== undefined) return { clientCertificate: { certificate, key } };
  if (user.token !== undefined) return { authorization: `Bearer ${user.token}` };
  if (user.tokenFile !== undefined) {
    return { authorization: `Bearer ${(await readFile(resolve(folder, user.tokenFile), 'utf8')).trim()}` };
  }
  if (user.username !== undefined) {
    return { authorization: basicAuthorization(user.username, user.password ?? '') };
  }
  return user.exec === undefined ? {} : await pluginCredentials(user.exec);
}

/** A field that is either inline (`…-data`, base64) or the path of a file. */
async function material<Field extends string>(
  entry: Partial<Record<Field | `${Field}-data`, unknown>>,
  field: Field,
  folder: string,
): Promise<string | undefined> {
  const inline = entry[`${field}-data`];
  if (typeof inline === 'string') return Buffer.from(inline, 'base64').toString('utf8');
  const path = entry[field];
  return typeof path === 'string' ? await readFile(resolve(folder, path), 'utf8') : undefined;
}

interface ExecCredential {
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
  };
}

/** Asks a credential plugin (client.authentication.k8s.io), as cloud clusters want it. */
async function pluginCredentials(plugin: NonNullable<UserEntry['exec']>): Promise<Partial<HttpSettings>> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  for (const { name, value } of plugin.env ?? []) env[name] = value;
  env.KUBERNETES_EXEC_INFO = JSON.stringify({
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false },
  });
  const result = await run(plugin.command, plugin.args ?? [], { env, timeout: 60_000 });
  if (result.exitCode !== 0) throw invalid(`${plugin.command} gave no credentials: ${result.stderr.trim()}`);
  const { status = {} } = JSON.parse(result.stdout) as ExecCredential;
  if (status.token !== undefined) return { authorization: `Bearer ${status.token}` };
  const { clientCertificateData: certificate, clientKeyData: key } = status;
  return certificate !== undefined && key !== undefined ? { clientCertificate: { certificate, key } } : {};
}

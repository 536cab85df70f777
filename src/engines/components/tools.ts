import { createReadStream } from 'node:fs';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { unpackTar } from 'modern-tar/fs';
import { coerce, satisfies } from 'semver';
import { PlaygroundError, messageOf } from '../../lib/errors.ts';
import { download } from '../../lib/download.ts';
import { cacheFolder } from '../../lib/home.ts';
import { leastEnvironment, run } from '../../lib/process.ts';
import { toolPin, type Asset, type Platform, type ToolName, type ToolPin } from './pins.ts';

/** A program that an engine runs. */
export interface Tool {
  readonly name: ToolName;
  /** As it is started: a name on the PATH, or a whole path. */
  readonly file: string;
  readonly version: string;
  readonly from: 'PATH' | 'cache';
}

/** What a tool prints its version with; the first version in it counts. */
const VERSION_ARGUMENTS: Readonly<Record<ToolName, readonly string[]>> = {
  k3d: ['version'],
  helm: ['version', '--short'],
};

/** This machine, as Node names it. */
export function hostSystem(): Platform {
  return `${process.platform}-${process.arch}`;
}

/** The tool on the PATH, when it is there and its version fits. */
export async function toolOnPath(name: ToolName): Promise<{ tool?: Tool; version?: string }> {
  const version = await versionOf(name, name);
  if (version === undefined) return {};
  if (!satisfies(version, toolPin(name).range)) return { version };
  return { version, tool: { name, file: name, version, from: 'PATH' } };
}

/** The tool that was fetched before, if it was. */
export async function toolInCache(name: ToolName): Promise<Tool | undefined> {
  const file = cachedFile(name);
  const there = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  return there ? { name, file, version: toolPin(name).version, from: 'cache' } : undefined;
}

/**
 * The tool from the PATH when its version fits, else the pinned one, fetched once for this platform and checked.
 * @throws PlaygroundError `tool-unavailable` where there is no pinned download for this platform; what `download` throws.
 */
export async function requireTool(
  name: ToolName,
  progress: (message: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Tool> {
  const present = (await toolOnPath(name)).tool ?? (await toolInCache(name));
  if (present !== undefined) return present;
  const pin = toolPin(name);
  const asset = assetFor(name, pin);
  const title = `${name} ${pin.version}`;
  const folder = toolFolder(name);
  const archive = join(folder, basename(new URL(asset.url).pathname));
  await download({
    title,
    url: asset.url,
    sha256: asset.sha256,
    file: archive,
    progress: (received, total) => {
      progress(`fetching ${title}: ${percent(received, total)}`);
    },
    signal,
  });
  return installTool(name, archive);
}

/** Makes the program of its checked download: takes it out of the archive, if it is one. */
export async function installTool(name: ToolName, archive: string): Promise<Tool> {
  const pin = toolPin(name);
  const { member } = assetFor(name, pin);
  const file = cachedFile(name);
  if (member === undefined) {
    if (archive !== file) await rename(archive, file);
  } else {
    const unpacked = `${archive}.unpacked`;
    await rm(unpacked, { recursive: true, force: true });
    await mkdir(unpacked, { recursive: true, mode: 0o700 });
    const only = { filter: (header: { name: string }) => header.name === member };
    await pipeline(createReadStream(archive), createGunzip(), unpackTar(unpacked, only));
    await rename(join(unpacked, member), file);
    await rm(unpacked, { recursive: true, force: true });
    await rm(archive, { force: true });
  }
  await chmod(file, 0o700);
  const version = await versionOf(name, file);
  if (version === undefined) {
    throw new PlaygroundError({
      code: 'tool-broken',
      message: `${name} was fetched to ${file}, and does not run on this machine`,
      hint: `install ${name} ${pin.version} yourself, so that it is on the PATH`,
    });
  }
  return { name, file, version, from: 'cache' };
}

/** Where the pinned version of a tool lies once it has been fetched. */
function cachedFile(name: ToolName): string {
  return join(toolFolder(name), process.platform === 'win32' ? `${name}.exe` : name);
}

export function assetFor(name: ToolName, pin: ToolPin = toolPin(name)): Asset {
  const asset = pin.assets[hostSystem()];
  if (asset !== undefined) return asset;
  throw new PlaygroundError({
    code: 'tool-unavailable',
    message: `there is no pinned ${name} for ${hostSystem()}`,
    hint: `install ${name} (${pin.range}) yourself, so that it is on the PATH`,
  });
}

/** The folder of the pinned version of a tool. */
export function toolFolder(name: ToolName): string {
  return join(cacheFolder(), 'tools', `${name}-${toolPin(name).version}`);
}

async function versionOf(name: ToolName, file: string): Promise<string | undefined> {
  try {
    const { stdout, exitCode } = await run(file, VERSION_ARGUMENTS[name], {
      env: leastEnvironment(),
      timeout: 10_000,
    });
    if (exitCode !== 0) return undefined;
    return coerce(/v?\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '')?.version;
  } catch (error) {
    // Not there, or not for this machine: both are the same to who looks for it.
    if (error instanceof PlaygroundError) return undefined;
    throw new Error(`${file} could not be started: ${messageOf(error)}`, { cause: error });
  }
}

function percent(received: number, total: number | undefined): string {
  if (total === undefined) return `${Math.round(received / 1024 / 1024)} MiB`;
  return `${Math.floor((received / total) * 100)} % of ${Math.round(total / 1024 / 1024)} MiB`;
}

import { mkdir, readFile, rm, stat, writeFile, readdir, utimes } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../../../lib/errors.ts';
import { StepFailure, type Step } from '../pipeline/host.ts';
import { workingFolder, type BuildServices } from '../builds/services.ts';
import { flagArg, requiredText, textArg } from './arguments.ts';
import { findFiles } from './globs.ts';
import { inWorkspace } from './paths.ts';

/** The steps that read and write files of the workspace. */
export function fileSteps(services: BuildServices): Step[] {
  return [
    {
      name: 'dir',
      defaultArgument: 'path',
      async run(call) {
        const cwd = await inWorkspace(services, call.context, 'dir', requiredText(call, 'path'));
        await mkdir(cwd, { recursive: true });
        services.log.line(`Running in ${cwd}`);
        return (await call.body?.(call.context.with({ cwd }))) ?? null;
      },
    },
    {
      name: 'pwd',
      defaultArgument: 'tmp',
      async run({ args, context }) {
        const cwd = workingFolder(context, 'pwd');
        if (!flagArg(args, 'tmp')) return cwd;
        await mkdir(`${cwd}@tmp`, { recursive: true, mode: 0o700 });
        return `${cwd}@tmp`;
      },
    },
    { name: 'isUnix', run: async () => process.platform !== 'win32' },
    {
      name: 'fileExists',
      defaultArgument: 'file',
      async run(call) {
        const file = await inWorkspace(services, call.context, 'fileExists', requiredText(call, 'file'));
        return (await statOf(file)) !== undefined;
      },
    },
    {
      name: 'readFile',
      defaultArgument: 'file',
      async run(call) {
        const name = requiredText(call, 'file');
        const content = await readInWorkspace(services, call.context, 'readFile', name);
        return content.toString(encodingOf(textArg(call.args, 'encoding')));
      },
    },
    {
      name: 'writeFile',
      async run(call) {
        const file = await inWorkspace(services, call.context, 'writeFile', requiredText(call, 'file'));
        const text = textArg(call.args, 'text') ?? '';
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, Buffer.from(text, encodingOf(textArg(call.args, 'encoding'))));
        return null;
      },
    },
    {
      name: 'touch',
      defaultArgument: 'file',
      async run(call) {
        const file = await inWorkspace(services, call.context, 'touch', requiredText(call, 'file'));
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, '', { flag: 'a' });
        await utimes(file, new Date(), new Date());
        return null;
      },
    },
    {
      name: 'sha256',
      defaultArgument: 'file',
      async run(call) {
        const content = await readInWorkspace(services, call.context, 'sha256', requiredText(call, 'file'));
        return createHash('sha256').update(content).digest('hex');
      },
    },
    {
      name: 'findFiles',
      defaultArgument: 'glob',
      async run({ args, context }) {
        const cwd = workingFolder(context, 'findFiles');
        const paths = await findFiles(cwd, textArg(args, 'glob') ?? '*', textArg(args, 'excludes'));
        return Promise.all(
          paths.map(async (path) => {
            const { size, mtimeMs } = await stat(join(cwd, path));
            return {
              path,
              name: basename(path),
              directory: false,
              length: size,
              lastModified: Math.round(mtimeMs),
            };
          }),
        );
      },
    },
    {
      name: 'deleteDir',
      async run({ context }) {
        await empty(await inWorkspace(services, context, 'deleteDir', '.'));
        return null;
      },
    },
    {
      name: 'cleanWs',
      async run({ context }) {
        services.log.line('[WS-CLEANUP] Deleting project workspace...');
        await empty(await inWorkspace(services, context, 'cleanWs', '.'));
        services.log.line('[WS-CLEANUP] done');
        return null;
      },
    },
  ];
}

/** @throws StepFailure when there is no such file. */
export async function readInWorkspace(
  services: BuildServices,
  context: Parameters<typeof inWorkspace>[1],
  step: string,
  name: string,
): Promise<Buffer> {
  const file = await inWorkspace(services, context, step, name);
  try {
    return await readFile(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      throw new StepFailure(`${step}: there is no file "${name}" in the workspace`);
    if (systemCode(error) === 'EISDIR') throw new StepFailure(`${step}: "${name}" is a folder`);
    throw error;
  }
}

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function statOf(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function encodingOf(name: string | undefined): BufferEncoding {
  const encoding = (name ?? 'utf8').toLowerCase();
  if (encoding === 'iso-8859-1') return 'latin1';
  if (!Buffer.isEncoding(encoding)) throw new StepFailure(`the encoding "${name}" is not known`);
  return encoding;
}

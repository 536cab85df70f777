import { copyFile, mkdir, rm, stat, chmod } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StepFailure, type Step } from '../pipeline/host.ts';
import { workingFolder, type BuildServices } from '../builds/services.ts';
import { flagArg, requiredText, textArg } from './arguments.ts';
import { findFiles } from './globs.ts';

/** Files that a build keeps: stashes for its own later stages, artifacts for people. */
export function keepingSteps(services: BuildServices): Step[] {
  const stashFolder = (name: string) => {
    if (!/^[\w.-]{1,100}$/.test(name) || /^\.+$/.test(name))
      throw new StepFailure(`"${name}" is not a name for a stash`);
    return join(services.folder, 'stashes', name);
  };
  return [
    {
      name: 'stash',
      defaultArgument: 'name',
      async run(call) {
        const name = requiredText(call, 'name');
        const { args } = call;
        const cwd = workingFolder(call.context, 'stash');
        const files = await findFiles(
          cwd,
          textArg(args, 'includes') ?? '',
          textArg(args, 'excludes'),
          flagArg(args, 'useDefaultExcludes', true),
        );
        if (files.length === 0 && !flagArg(args, 'allowEmpty'))
          throw new StepFailure(`No files included in stash "${name}"`);
        await rm(stashFolder(name), { recursive: true, force: true });
        await copyAll(cwd, files, stashFolder(name));
        services.log.line(`Stashed ${files.length} file(s)`);
        return null;
      },
    },
    {
      name: 'unstash',
      defaultArgument: 'name',
      async run(call) {
        const name = requiredText(call, 'name');
        const folder = stashFolder(name);
        if (!existsSync(folder)) throw new StepFailure(`No such saved stash "${name}"`);
        await copyAll(folder, await findFiles(folder, '', '', false), workingFolder(call.context, 'unstash'));
        return null;
      },
    },
    {
      name: 'archiveArtifacts',
      defaultArgument: 'artifacts',
      async run(call) {
        const pattern = requiredText(call, 'artifacts');
        const { args } = call;
        const cwd = workingFolder(call.context, 'archiveArtifacts');
        services.log.line('Archiving artifacts');
        const files = await findFiles(
          cwd,
          pattern,
          textArg(args, 'excludes'),
          flagArg(args, 'defaultExcludes', true),
        );
        if (files.length === 0) {
          const message = `No artifacts found that match the file pattern "${pattern}".`;
          if (!flagArg(args, 'allowEmptyArchive')) throw new StepFailure(`${message} Configuration error?`);
          services.log.line(message);
          return null;
        }
        const archive = join(services.folder, 'archive');
        await copyAll(cwd, files, archive);
        services.addArtifacts(
          await Promise.all(
            files.map(async (path) => ({ path, size: (await stat(join(archive, path))).size })),
          ),
        );
        return null;
      },
    },
  ];
}

async function copyAll(from: string, files: readonly string[], to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const folders = new Set(files.map((file) => dirname(join(to, file))));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  for (const file of files) {
    await copyFile(join(from, file), join(to, file));
    await chmod(join(to, file), (await stat(join(from, file))).mode & 0o777);
  }
}

import { Command, Option } from 'commander';
import { packageVersion } from '../lib/package.ts';
import { components } from '../engines/engine.ts';
import { addonNames, engineNames, gitServerNames, operatorNames, profileNames } from '../config/schema.ts';
import type { CommandRun } from './command.ts';

type Load = () => Promise<{ readonly run: CommandRun }>;

/**
 * Every command with its options and arguments. A command's code is loaded when it runs, so that each starts fast.
 * @param execute gets the chosen command's code, its arguments and its options.
 */
export function createProgram(
  execute: (
    load: Load,
    args: readonly (string | undefined)[],
    options: Record<string, unknown>,
  ) => Promise<void>,
): Command {
  const program = new Command('gitops-playground')
    .description(
      'A complete GitOps loop on this machine: Git, CI, registry, operator and cluster, from one command.',
    )
    .version(packageVersion())
    .showHelpAfterError(false)
    .configureHelp({ sortSubcommands: false });

  const command = (usage: string, description: string, load: Load): Command =>
    program
      .command(usage)
      .description(description)
      .option('--name <name>', 'name of the playground (default: "default")')
      .option('--json', 'one JSON document on standard output')
      .allowUnknownOption()
      .allowExcessArguments()
      .action(async function (this: Command) {
        await execute(load, this.processedArgs as (string | undefined)[], this.opts());
      });

  command('up', 'start a playground, or repair what is missing of it', () => import('./commands/up.ts'))
    .addOption(choice('--engine <engine>', 'what runs the parts', engineNames))
    .option('--context <name>', 'context of your kubeconfig, for the engine kubernetes')
    .option('--config <file>', 'YAML file with the configuration')
    .option('--port <number>', 'first of a row of ports (default: the first free row)')
    .option('--bundle <file>', 'take charts, images and tools from a bundle, without internet')
    .addOption(choice('--profile <profile>', 'how much is installed into a cluster', profileNames))
    .option('--with <addons>', `add-ons beside the loop, separated by commas: ${addonNames.join(', ')}`)
    .addOption(choice('--git-server <server>', 'Git server in a cluster', gitServerNames))
    .addOption(choice('--operator <operator>', 'GitOps operator in a cluster', operatorNames))
    .option('--foreground', 'stay attached; Ctrl-C stops the playground')
    .option('--dry-run', 'print what would be done, and do nothing')
    .option('--yes', 'ask nothing');

  command('down', 'remove a playground and everything that it made', () => import('./commands/down.ts'))
    .option('--all', 'every playground of this user')
    .option('--yes', 'ask nothing');

  command(
    'reset',
    'bring everything back to the state after the first up',
    () => import('./commands/reset.ts'),
  ).option('--yes', 'ask nothing');

  command('status', 'what runs, where, and in which revision', () => import('./commands/status.ts'));

  command('open', 'open a page of the playground in the browser', () => import('./commands/open.ts'))
    .argument('[page]', 'dashboard, git, ci, gitops, or a stage (default: dashboard)')
    .option('--print', 'print the address instead of opening it');

  command('credentials', 'addresses, user names and passwords', () => import('./commands/credentials.ts'));

  command('logs', 'what the parts have to say', () => import('./commands/logs.ts'))
    .argument('[component]', `one of ${components.join(', ')} (default: all)`)
    .option('-f, --follow', 'go on as more is written');

  command(
    'trace',
    'the way of one commit through the loop, with durations',
    () => import('./commands/trace.ts'),
  )
    .argument('[commit]', 'commit of the application, or its beginning (default: the newest)')
    .option('-w, --watch', 'follow every new commit live, or the one that is named, until Ctrl-C')
    .option('--commits <number>', 'with --watch: end when so many commits have arrived');

  command('break', 'break something on purpose, to learn from it', () => import('./commands/break.ts'))
    .argument('[fault]', 'what to break (default: list what can be broken)')
    .option('--list', 'list what can be broken, and what is');

  command('heal', 'mend what was broken on purpose', () => import('./commands/heal.ts')).argument(
    '[fault]',
    'what to mend (default: all)',
  );

  command(
    'snapshot',
    'keep everything as it is now, and come back to it',
    () => import('./commands/snapshot.ts'),
  )
    .argument('<action>', 'save, list, restore or delete')
    .argument('[snapshot]', 'name of the snapshot')
    .option('--yes', 'ask nothing');

  command('report', 'what was done with the exercises, and when', () => import('./commands/report.ts'))
    .option('--out <file>', 'write it as a page, FILE.html')
    .option('--all', 'of every playground of this user');

  command(
    'exercise',
    'learn by doing: start, check, hint, solve, goto, and more',
    () => import('./commands/exercise.ts'),
  )
    .argument('<action>', 'list, start, check, hint, solve, goto, status, book or validate')
    .argument(
      '[exercise]',
      'its id or number (default: the one started last); a folder or Git URL of an own one',
    )
    .option('--out <file>', 'file of `book`')
    .option('--solutions', '`book` with the solutions')
    .option('--yes', 'ask nothing');

  command('clone', 'clone a repository, ready to push', () => import('./commands/clone.ts'))
    .argument('<repo>', 'name of the repository, as in `status`')
    .argument('[dir]', 'where to (default: a folder of that name)');

  command(
    'env',
    'print exports for the shell: eval "$(gitops-playground env)"',
    () => import('./commands/env.ts'),
  );

  command(
    'doctor',
    'look whether this machine has what a playground needs',
    () => import('./commands/doctor.ts'),
  )
    .addOption(choice('--engine <engine>', 'look for this engine alone', engineNames))
    .option('--context <name>', 'context of your kubeconfig, for the engine kubernetes')
    .option('--bundle <file>', 'a bundle that images would come from');

  command(
    'bundle',
    'pack charts, images and tools for a room without internet',
    () => import('./commands/bundle.ts'),
  )
    .argument('<action>', 'save')
    .argument('<file>', 'where to')
    .option('--config <file>', 'YAML file with the configuration')
    .addOption(choice('--profile <profile>', 'how much is packed', profileNames))
    .option('--with <addons>', 'add-ons beside the loop, separated by commas')
    .addOption(choice('--git-server <server>', 'Git server in a cluster', gitServerNames))
    .addOption(choice('--operator <operator>', 'GitOps operator in a cluster', operatorNames));

  command(
    'config',
    'print the configuration, its schema, or check a file',
    () => import('./commands/config.ts'),
  )
    .argument('<action>', 'print, schema or validate')
    .argument('[file]', 'YAML file with a configuration');

  return program;
}

/** An option with choices. Wrong ones are reported by `checkArguments`, together with all that is wrong beside them. */
function choice(flags: string, description: string, choices: readonly string[]): Option {
  const option = new Option(flags, `${description}: ${choices.join(' or ')}`);
  option.argChoices = [...choices];
  return option;
}

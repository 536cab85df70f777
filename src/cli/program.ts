import { Command, Option } from 'commander';
import { packageVersion } from '../lib/package.ts';
import { components } from '../engines/engine.ts';
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
    .addOption(choice('--engine <engine>', 'what runs the parts', ['auto', 'embedded']))
    .option('--config <file>', 'YAML file with the configuration')
    .option('--port <number>', 'first of a row of ports (default: the first free row)')
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
  );

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
function choice(flags: string, description: string, choices: string[]): Option {
  const option = new Option(flags, `${description}: ${choices.join(' or ')}`);
  option.argChoices = choices;
  return option;
}

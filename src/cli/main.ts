import { CommanderError, type Command } from 'commander';
import tab from '@bomb.sh/tab/commander';
import { invalid, type Problem } from '../config/load.ts';
import { isPlaygroundName } from '../config/schema.ts';
import { PlaygroundError, explainStorage, isStorageFailure, messageOf, systemCode } from '../lib/errors.ts';
import { playgroundNames, playgroundsHome } from '../lib/home.ts';
import { checkArguments, unknownCommand } from './arguments.ts';
import { createOutput, type Output } from './output.ts';
import { createProgram } from './program.ts';

/** Runs the command line. Only this function prints failures, and only here the exit code is set. */
async function main(argv: readonly string[]): Promise<number> {
  const words = argv.slice(2);
  const output = createOutput(words.includes('--json'));
  const interruption = interruptible();
  let exitCode = 0;
  try {
    let problems: Problem[] = [];
    const program = createProgram(async (load, args, options) => {
      const name = typeof options.name === 'string' ? options.name : 'default';
      if (!isPlaygroundName(name)) {
        problems.push({ place: '--name', message: 'use lower-case letters, digits and "-", at most 40' });
      }
      const { run } = await load();
      exitCode = await run({ args, options, name, output, signal: interruption.signal, problems });
    });
    await addCompletion(program);
    problems = problemsOf(program, words);
    for (const command of [program, ...program.commands]) {
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    }
    if (words.length === 0) program.outputHelp();
    else
      await program.parseAsync([...argv]).catch((error: unknown) => {
        throw error instanceof CommanderError && problems.length > 0 ? invalid(problems) : error;
      });
    return exitCode;
  } catch (error) {
    return report(error, output, interruption.signal);
  }
}

/** What is wrong with the words alone, before any command runs. @throws PlaygroundError when the command is unknown. */
function problemsOf(program: Command, words: readonly string[]): Problem[] {
  const place = words.findIndex((word) => !word.startsWith('-'));
  const name = words[place];
  if (name === undefined || ['help', 'complete', 'completion'].includes(name)) return [];
  const command = program.commands.find((known) => known.name() === name);
  if (command === undefined) throw invalid([unknownCommand(program, name)]);
  return checkArguments(command, words.slice(place + 1));
}

/** `completion <shell>`, with the names of this user's playgrounds as values of `--name`. */
async function addCompletion(program: Command): Promise<void> {
  const completion = tab(program, { completionCommandName: 'completion' });
  if (process.argv[2] !== 'complete') return;
  const names = await playgroundNames();
  for (const command of completion.commands.values()) {
    const option = command.options.get('name');
    if (option !== undefined)
      option.handler = (complete) => {
        for (const name of names) complete(name, 'playground');
      };
  }
}

async function report(error: unknown, output: Output, signal: AbortSignal): Promise<number> {
  const { red, cyan } = output.colors;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    output.note(`${red('error:')} ${error.message.replace(/^error: /, '')}`);
    return 2;
  }
  if (signal.aborted) {
    const told =
      error instanceof PlaygroundError && error.code === 'interrupted'
        ? error
        : {
            message: 'interrupted',
            hint: 'what was made is kept: `up` goes on from here, `down` removes it',
          };
    output.note(told.message);
    if (told.hint !== undefined) output.note(`${cyan('hint:')} ${told.hint}`);
    if (output.json)
      output.result({ error: { code: 'interrupted', message: told.message, hint: told.hint } });
    return 130;
  }
  if (isStorageFailure(error) && !(error instanceof PlaygroundError))
    return report(explainStorage(error, playgroundsHome()), output, signal);
  const known =
    error instanceof PlaygroundError ? error : (await import('../flow/explain.ts')).explainPart(error);
  if (known !== undefined) {
    const { code, message, hint } = known;
    output.note(`${red('error:')} ${message}`);
    if (hint !== undefined) output.note(`${cyan('hint:')} ${hint}`);
    if (output.json) output.result({ error: { code, message, ...(hint === undefined ? {} : { hint }) } });
    return code.startsWith('config-') ? 2 : 1;
  }
  output.note(`${red('error:')} this is a mistake in gitops-playground itself: ${messageOf(error)}`);
  output.note(error instanceof Error ? (error.stack ?? '') : '');
  if (output.json) output.result({ error: { code: 'internal', message: messageOf(error) } });
  return 1;
}

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npx. Later ones are another one. */
const SAME_INTERRUPTION_MS = 500;

/** A signal that the first Ctrl-C, SIGTERM or closing of the terminal aborts; a second one ends the process at once. */
function interruptible(): AbortController {
  const controller = new AbortController();
  let first: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (first !== undefined && performance.now() - first > SAME_INTERRUPTION_MS) process.exit(130);
      first ??= performance.now();
      controller.abort(new Error('interrupted'));
    });
  }
  return controller;
}

// A reader that has seen enough (`status | head -1`) is no failure.
process.stdout.on('error', (error: Error) => {
  if (!isGone(error)) throw error;
  process.exit();
});
// A terminal that was closed reads no more; what is under way still comes to its end.
process.stderr.on('error', (error: Error) => {
  if (!isGone(error)) throw error;
});

function isGone(error: Error): boolean {
  return ['EPIPE', 'EIO'].includes(systemCode(error) ?? '');
}

void main(process.argv).then((exitCode) => {
  process.exitCode = exitCode;
});

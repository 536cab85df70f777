import type { Command } from 'commander';
import type { Problem } from '../config/load.ts';
import { closest } from '../lib/closest.ts';

/**
 * Everything that is wrong with a command line, where commander alone would stop at the first: unknown flags,
 * flags without their value, values that are none of the choices, and too many arguments.
 * @param words the words after the command's name.
 */
export function checkArguments(command: Command, words: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const positional: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') {
      positional.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      positional.push(word);
      continue;
    }
    const [flag = '', inline] = word.split(/=(.*)/s);
    // Who asks for help gets it, whatever else is on the line.
    if (flag === '--help' || flag === '-h') return [];
    const option = command.options.find(({ long, short }) => long === flag || short === flag);
    if (option === undefined) {
      problems.push({ place: flag, message: unknown(command, flag) });
      // Its value, if it has one, is no argument of the command.
      if (inline === undefined && command.registeredArguments.length === 0 && isValue(words[index + 1]))
        index += 1;
      continue;
    }
    if (!option.required) continue;
    const value = inline ?? words[index + 1];
    if (inline === undefined) index += 1;
    if (value === undefined || (inline === undefined && value.startsWith('--'))) {
      problems.push({ place: flag, message: 'needs a value' });
      if (value !== undefined) index -= 1;
    } else if (option.argChoices !== undefined && !option.argChoices.includes(value)) {
      problems.push({ place: flag, message: `"${value}" is none of ${option.argChoices.join(', ')}` });
    }
  }
  const wanted = command.registeredArguments;
  for (const argument of wanted.slice(positional.length)) {
    if (argument.required)
      problems.push({ place: `<${argument.name()}>`, message: `is missing: ${argument.description}` });
  }
  for (const extra of positional.slice(wanted.length)) {
    problems.push({ place: extra, message: `\`${command.name()}\` does not take this argument` });
  }
  return problems;
}

/** What a person most likely meant by an unknown command. */
export function unknownCommand(program: Command, name: string): Problem {
  const near = closest(
    name,
    program.commands.map((command) => command.name()),
  );
  return { place: name, message: `unknown command${near === undefined ? '' : `; did you mean "${near}"?`}` };
}

function unknown(command: Command, flag: string): string {
  const known = command.options.flatMap(({ long }) => (long == null ? [] : [long]));
  const near = closest(flag, known);
  return `unknown option of \`${command.name()}\`${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function isValue(word: string | undefined): boolean {
  return word !== undefined && !word.startsWith('-');
}

import type { Output } from './output.ts';
import type { Problem } from '../config/load.ts';

/** What every command gets. */
export interface CommandContext {
  /** Positional arguments in the order of the command's declaration. */
  readonly args: readonly (string | undefined)[];
  /** Options under their camel-cased names; what was not given is absent. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Name of the playground, checked. */
  readonly name: string;
  readonly output: Output;
  /** Aborted by Ctrl-C, SIGTERM and the closing of the terminal. */
  readonly signal: AbortSignal;
  /** Wrong flags and arguments found so far; the command adds its own and reports all together. */
  readonly problems: readonly Problem[];
}

/** Runs a command. The promise gives its exit code: 0 done, 1 the playground says no. */
export type CommandRun = (context: CommandContext) => Promise<number>;

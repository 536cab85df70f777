import type { Gen } from '../fiber.ts';
import type { Machine } from '../machine.ts';
import { isNumber, toInt, type GroovyNumber } from '../numbers.ts';
import type { Frame } from '../scope.ts';
import { isClosure, type Closure, type Value } from '../values.ts';

/** The arguments do not fit the method: the next table, or MissingMethodException. */
export class Mismatch extends Error {}

const mismatch = new Mismatch('the arguments do not fit');

export function misfit(): never {
  throw mismatch;
}

/** Who calls, for methods that call closures or print objects. */
export interface Call {
  readonly machine: Machine;
  readonly frame: Frame;
}

export type PlainMethod<T> = (self: T, args: Value[], call: Call) => Value;
export type CallingMethod<T> = (self: T, args: Value[], call: Call) => Gen;

export function count(args: readonly Value[], minimum: number, maximum = minimum): void {
  if (args.length < minimum || args.length > maximum) misfit();
}

export function textAt(args: readonly Value[], index: number): string {
  const value = args[index];
  return typeof value === 'string' ? value : misfit();
}

export function numberAt(args: readonly Value[], index: number): GroovyNumber {
  const value = args[index] ?? null;
  return isNumber(value) ? value : misfit();
}

export function intAt(args: readonly Value[], index: number): number {
  const value = numberAt(args, index);
  return typeof value === 'number' ? value : toInt(value);
}

export function closureAt(args: readonly Value[], index: number): Closure {
  const value = args[index];
  return isClosure(value) ? value : misfit();
}

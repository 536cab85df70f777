import type { Position } from './source.ts';
import type { Cell, Closure, GroovyClass, Value } from './values.ts';
import type { Fiber } from './fiber.ts';

/** One call in progress. */
export interface Frame {
  readonly fiber: Fiber;
  /** `this`: an object, a script, or a class inside its static methods. */
  readonly self: Value;
  readonly closure: Closure | undefined;
  /** The class whose code runs: it decides what names, `super` and messages mean. */
  readonly klass: GroovyClass;
  readonly method: string;
  /** Where the call is just now. */
  at: Position;
}

/** The local variables of a block, and of those around it. */
export class Scope {
  readonly frame: Frame;
  readonly #parent: Scope | undefined;
  /** Made with the first variable: most blocks have none. */
  #variables: Map<string, Cell> | undefined;

  constructor(frame: Frame, parent?: Scope) {
    this.frame = frame;
    this.#parent = parent;
  }

  find(name: string): Cell | undefined {
    return this.#variables?.get(name) ?? this.#parent?.find(name);
  }

  /** False when the name is taken in this very block. */
  declare(name: string, value: Value, type?: string, final = false): boolean {
    this.#variables ??= new Map();
    if (this.#variables.has(name)) return false;
    this.#variables.set(name, { value, type, final });
    return true;
  }

  /** A block inside of this one, in the same call. */
  block(): Scope {
    return new Scope(this.frame, this);
  }
}

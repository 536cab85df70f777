import type { Gen } from '../fiber.ts';
import { joined } from '../operators.ts';
import { plainText } from '../operations.ts';
import type { Frame } from '../scope.ts';
import { NativeObject, type Value } from '../values.ts';

/** java.lang.StringBuilder and StringBuffer, java.io.StringWriter. */
export class StringBuilderValue extends NativeObject {
  readonly className: string;
  #text: string;

  constructor(className: string, text: string) {
    super();
    this.className = className;
    this.#text = text;
  }

  override *callMethod(name: string, args: Value[], _frame: Frame): Gen<Value | undefined> {
    const [first = null] = args;
    switch (name) {
      case 'append':
      case 'leftShift':
      case 'write':
      case 'print':
        this.#text = joined(this.#text, typeof first === 'string' ? first : plainText(first));
        return this;
      case 'println':
        this.#text = joined(this.#text, `${typeof first === 'string' ? first : plainText(first)}\n`);
        return this;
      case 'length':
      case 'size':
        return this.#text.length;
      case 'reverse':
        this.#text = [...this.#text].reverse().join('');
        return this;
      case 'setLength':
        if (typeof first === 'number') this.#text = this.#text.slice(0, first);
        return null;
      case 'insert':
        if (typeof first === 'number')
          this.#text = this.#text.slice(0, first) + plainText(args[1] ?? null) + this.#text.slice(first);
        return this;
      case 'deleteCharAt':
        if (typeof first === 'number') this.#text = this.#text.slice(0, first) + this.#text.slice(first + 1);
        return this;
      case 'indexOf':
        return typeof first === 'string' ? this.#text.indexOf(first) : undefined;
      case 'isEmpty':
        return this.#text === '';
      default:
        return undefined;
    }
  }

  override toString(): string {
    return this.#text;
  }
}

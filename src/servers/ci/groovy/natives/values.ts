import { raise } from '../exceptions.ts';
import { intAt, textAt } from '../library/arguments.ts';
import { parseJson } from '../library/json.ts';
import { Double } from '../numbers.ts';
import { asList } from '../operations.ts';
import { NativeObject, type Value } from '../values.ts';

/** A value that is only a text with methods that give it: a UUID, a URI, a result. */
export class TextValue extends NativeObject {
  readonly className: string;
  readonly #text: string;

  constructor(className: string, text: string) {
    super();
    this.className = className;
    this.#text = text;
  }

  override identity(): unknown {
    return `${this.className}:${this.#text}`;
  }

  override toString(): string {
    return this.#text;
  }
}

/** groovy.json.JsonSlurper and JsonSlurperClassic. */
export class JsonSlurperValue extends NativeObject {
  readonly className: string;

  constructor(className: string) {
    super();
    this.className = className;
  }

  override *callMethod(name: string, args: Value[]) {
    if (name !== 'parseText') return undefined;
    return args[0] === null
      ? raise('IllegalArgumentException', 'Text must not be null or empty')
      : parseJson(textAt(args, 0));
  }

  override toString(): string {
    return this.className;
  }
}

/** java.util.Base64's encoders and decoders. */
export class Base64Value extends NativeObject {
  readonly className = 'java.util.Base64$Encoder';
  readonly #encode: boolean;
  readonly #url: boolean;

  constructor(encode: boolean, url: boolean) {
    super();
    this.#encode = encode;
    this.#url = url;
  }

  override *callMethod(name: string, args: Value[]) {
    const [first = null] = args;
    const bytes = Buffer.from(
      typeof first === 'string'
        ? Buffer.from(first)
        : (asList(first) ?? []).map((byte) => Number(byte as number) & 255),
    );
    if (this.#encode && name === 'encodeToString') return bytes.toString(this.#url ? 'base64url' : 'base64');
    if (this.#encode || name !== 'decode') return undefined;
    return Array.from(
      Buffer.from(typeof first === 'string' ? first : bytes.toString(), 'base64'),
      (byte) => (byte << 24) >> 24,
    );
  }

  override toString(): string {
    return this.className;
  }
}

/** java.util.Random. */
export class RandomValue extends NativeObject {
  readonly className = 'java.util.Random';

  override *callMethod(name: string, args: Value[]) {
    if (name === 'nextInt')
      return args.length === 0 ? (Math.random() * 2 ** 32) | 0 : Math.floor(Math.random() * intAt(args, 0));
    if (name === 'nextBoolean') return Math.random() < 0.5;
    return name === 'nextDouble' ? new Double(Math.random()) : undefined;
  }

  override toString(): string {
    return this.className;
  }
}

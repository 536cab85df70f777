import { invalid } from '../errors.ts';

/** The fields of a JSON object that a client sent, each read with the type that it has to have. All throw 422. */
export class Fields {
  readonly #object: Readonly<Record<string, unknown>>;

  constructor(object: Readonly<Record<string, unknown>>) {
    this.#object = object;
  }

  static of(value: unknown): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid('the body has to be a JSON object');
    }
    return new Fields(value as Record<string, unknown>);
  }

  /** A text that has to be there. */
  text(name: string): string {
    const text = this.optionalText(name);
    if (text === undefined || text.trim() === '') throw invalid(`[${name}]: Required`);
    return text;
  }

  optionalText(name: string): string | undefined {
    const value = this.#object[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw invalid(`[${name}]: has to be a text`);
    return value;
  }

  flag(name: string): boolean | undefined {
    const value = this.#object[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'boolean') throw invalid(`[${name}]: has to be true or false`);
    return value;
  }

  texts(name: string): string[] | undefined {
    const value = this.#object[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      throw invalid(`[${name}]: has to be a list of texts`);
    }
    return value;
  }

  /** One of some words. */
  choice<const Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.optionalText(name);
    const word = words.find((candidate) => candidate === text);
    if (text !== undefined && text !== '' && word === undefined) {
      throw invalid(`[${name}]: "${text.slice(0, 60)}" is none of ${words.join(', ')}`);
    }
    return word;
  }

  object(name: string): Fields | undefined {
    const value = this.#object[name];
    return value === undefined || value === null ? undefined : Fields.of(value);
  }

  objects(name: string): Fields[] | undefined {
    const value = this.#object[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw invalid(`[${name}]: has to be a list`);
    return value.map((item) => Fields.of(item));
  }
}

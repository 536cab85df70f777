import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { messageOf } from '../../lib/errors.ts';
import { JenkinsError } from './errors.ts';

/** One element of an XML document. */
export class XmlElement {
  readonly name: string;
  readonly #content: unknown;

  constructor(name: string, content: unknown) {
    this.name = name;
    this.#content = content;
  }

  /** The text of the element itself, trimmed. */
  get text(): string {
    return this.rawText.trim();
  }

  get rawText(): string {
    if (typeof this.#content === 'string') return this.#content;
    const text = this.#record()['#text'];
    return typeof text === 'string' ? text : '';
  }

  attribute(name: string): string | undefined {
    const value = this.#record()[`@${name}`];
    return typeof value === 'string' ? value : undefined;
  }

  children(name?: string): XmlElement[] {
    return Object.entries(this.#record())
      .filter(([key]) =>
        name === undefined ? !key.startsWith('@') && key !== '#text' && !key.startsWith('?') : key === name,
      )
      .flatMap(([key, value]) =>
        (Array.isArray(value) ? value : [value]).map((one) => new XmlElement(key, one)),
      );
  }

  /** The first element at the end of a way of names. */
  at(...way: string[]): XmlElement | undefined {
    const [first, ...rest] = way;
    if (first === undefined) return this;
    return this.children(first)[0]?.at(...rest);
  }

  textAt(...way: string[]): string | undefined {
    const text = this.at(...way)?.text;
    return text === '' ? undefined : text;
  }

  #record(): Record<string, unknown> {
    return typeof this.#content === 'object' && this.#content !== null
      ? (this.#content as Record<string, unknown>)
      : {};
  }
}

/**
 * Parses a document to its root element. Document types are refused: they are the door to entity tricks.
 * @throws JenkinsError 400 with the line and column of what is wrong.
 */
export function parseXml(text: string): XmlElement {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new JenkinsError(400, 'a document type is not allowed here');
  const readable = text.replace(/^(\s*<\?xml\s+version\s*=\s*['"])1\.1/, '$11.0');
  const valid = XMLValidator.validate(readable);
  if (valid !== true) {
    const { msg, line, col } = valid.err;
    throw new JenkinsError(400, `not valid XML: line ${line}, column ${col}: ${msg}`);
  }
  try {
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      parseTagValue: false,
      parseAttributeValue: false,
      trimValues: false,
      ignoreDeclaration: true,
      ignorePiTags: true,
    });
    const [root] = new XmlElement('', parser.parse(readable)).children();
    if (root === undefined) throw new JenkinsError(400, 'an empty document');
    return root;
  } catch (error) {
    if (error instanceof JenkinsError) throw error;
    throw new JenkinsError(400, `not valid XML: ${messageOf(error)}`);
  }
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

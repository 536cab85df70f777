const MASK = '****';
/** The longest text that may be held back, a bound for absurdly long secrets. */
const LONGEST = 64 * 1024;

/** The secrets of one build. Everything that is written to its log goes through it. */
export class Secrets {
  #patterns: string[] = [];
  #search: RegExp | undefined;

  /** From now on the secret, and the forms in which shells and tools write it, is masked. */
  add(secret: string): void {
    const patterns = new Set(this.#patterns);
    for (const form of formsOf(secret)) patterns.add(form);
    // The longest first, so that a secret which begins with another one is masked whole.
    this.#patterns = [...patterns].sort((a, b) => b.length - a.length);
    this.#search =
      this.#patterns.length === 0 ? undefined : new RegExp(this.#patterns.map(escapeRegExp).join('|'), 'g');
  }

  /** A text that is complete in itself. */
  mask(text: string): string {
    return this.#search === undefined ? text : text.replaceAll(this.#search, MASK);
  }

  /** For text that comes in pieces: what could be the beginning of a secret waits for the next piece. */
  stream(write: (text: string) => void): { push(text: string): void; end(): void } {
    let held = '';
    return {
      push: (text) => {
        held += text;
        const { safe, rest } = this.#split(held);
        held = rest;
        if (safe !== '') write(safe);
      },
      end: () => {
        const rest = this.mask(held);
        held = '';
        if (rest !== '') write(rest);
      },
    };
  }

  /** Cuts before the first place from which a secret may still grow; what is before it comes masked. */
  #split(text: string): { safe: string; rest: string } {
    if (this.#search === undefined) return { safe: text, rest: '' };
    const boundary = this.#growingFrom(text);
    let safe = '';
    let from = 0;
    for (const match of text.matchAll(this.#search)) {
      if (match.index >= boundary) break;
      safe += text.slice(from, match.index) + MASK;
      from = match.index + match[0].length;
    }
    const end = Math.max(boundary, from);
    return { safe: safe + text.slice(from, end), rest: text.slice(end) };
  }

  #growingFrom(text: string): number {
    const longest = Math.min(this.#patterns[0]?.length ?? 0, LONGEST);
    for (let start = Math.max(0, text.length - longest + 1); start < text.length; start += 1) {
      const tail = text.slice(start);
      if (this.#patterns.some((pattern) => pattern.length > tail.length && pattern.startsWith(tail)))
        return start;
    }
    return text.length;
  }
}

/** The secret itself, and as base64 (alone, or anywhere inside a longer text), quoted for a shell, in JSON, XML and URLs. */
function formsOf(secret: string): string[] {
  if (secret === '') return [];
  const bytes = Buffer.from(secret);
  const forms = [
    secret,
    secret.replaceAll("'", `'\\''`),
    secret.replaceAll("'", `'"'"'`),
    secret.replaceAll(/["\\$`]/g, '\\$&'),
    secret.replaceAll(/[^\w@%+=:,./-]/g, '\\$&'),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ];
  for (const line of secret.split('\n')) if (line.trim().length >= 8) forms.push(line.trim());
  if (bytes.length >= 4) {
    forms.push(bytes.toString('base64'), bytes.toString('base64url'));
    // Inside `user:secret` the secret begins at any of three offsets; the digits that depend on it alone are masked.
    for (const offset of bytes.length >= 8 ? [1, 2] : []) {
      const padded = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const skip = Math.ceil((offset * 8) / 6);
      const whole = Math.floor(((offset + bytes.length) * 8) / 6);
      forms.push(padded.slice(skip, whole));
    }
    if (bytes.length >= 8) forms.push(bytes.toString('base64').slice(0, Math.floor((bytes.length * 8) / 6)));
  }
  return forms.filter((form) => form !== '' && form.length <= LONGEST);
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

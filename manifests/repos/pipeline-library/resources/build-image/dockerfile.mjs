/** Reads Dockerfiles: instructions, words, variables, flags. What the instructions mean is in stages.mjs. */

/** A mistake that the person can mend. `line` is the line of the Dockerfile that it is about. */
export class BuildError extends Error {
  constructor(message, line) {
    super(message);
    this.line = line;
  }
}

/** Splits a Dockerfile into its instructions: `[{ name: 'COPY', text: 'a b', line: 3 }]`, continued lines joined. */
export function parseDockerfile(source) {
  const instructions = [];
  let pending;
  for (const [index, whole] of source
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*#\s*escape\s*=\s*`/i.test(whole) && instructions.length === 0) {
      throw new BuildError('only the backslash is known as the escape character', index + 1);
    }
    if (/^\s*(#|$)/.test(whole)) continue; // Comments may stand between continued lines.
    const continued = /\\\s*$/.test(whole);
    const text = continued ? whole.replace(/\\\s*$/, '') : whole;
    if (pending === undefined) pending = { line: index + 1, text };
    else pending.text += text;
    if (continued) continue;
    instructions.push(toInstruction(pending));
    pending = undefined;
  }
  if (pending !== undefined) instructions.push(toInstruction(pending));
  if (!instructions.some(({ name }) => name === 'FROM')) throw new BuildError('the Dockerfile has no FROM');
  return instructions;
}

function toInstruction({ line, text }) {
  const [, name = '', rest = ''] = /^\s*(\S+)\s*([^]*?)\s*$/.exec(text) ?? [];
  if (/^(COPY|ADD|RUN)$/i.test(name) && /(^|\s)<<-?["']?[A-Za-z_]/.test(rest)) {
    throw new BuildError('here-documents are not supported; put the text into a file and COPY it', line);
  }
  return { name: name.toUpperCase(), text: rest, line };
}

/**
 * Splits an instruction's text into words, with quotes, escapes and variables resolved:
 * `$NAME`, `${NAME}`, `${NAME:-when unset}`, `${NAME:+when set}`. Single quotes keep everything as it is.
 */
export function splitWords(text, variables, line) {
  const words = [];
  let word;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === '' ? char === '"' || char === "'" : char === quote) {
      quote = quote === '' ? char : '';
      word ??= '';
    } else if (char === '\\' && quote !== "'" && at + 1 < text.length) {
      at += 1;
      const kept = quote === '"' && !'"\\$'.includes(text[at]) ? '\\' : '';
      word = (word ?? '') + kept + text[at];
    } else if (char === '$' && quote !== "'") {
      const match = /^\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/.exec(text.slice(at));
      if (match === null)
        throw new BuildError(`what follows "$" is no variable: ${text.slice(at, at + 20)}`, line);
      const value = variables.get(match[1] ?? match[2]) ?? '';
      word =
        (word ?? '') +
        (match[3] === undefined ? value : match[3] === '-' ? value || match[4] : value && match[4]);
      at += match[0].length - 1;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw new BuildError(`a ${quote} is not closed`, line);
  return word === undefined ? words : [...words, word];
}

/** Takes the leading `--name=value` flags from the words; an unknown one is an error. */
export function takeFlags(words, known, { name, line }) {
  const flags = {};
  while (words[0]?.startsWith('--')) {
    const [, flag, value = ''] = /^--([^=]*)=?([^]*)$/.exec(words.shift());
    if (!known.includes(flag))
      throw new BuildError(`${name} --${flag} is not supported; BuildKit knows it`, line);
    flags[flag] = value;
  }
  return flags;
}

/** `NAME=value …` as pairs; `ENV NAME all the rest`, the older form, too. */
export function parsePairs({ name, text, line }, variables) {
  const words = splitWords(text, variables, line);
  if (name === 'ENV' && words.length > 1 && !/^[^\s=]+=/.test(text)) {
    return [
      [words[0], splitWords(`"${text.replace(/^\S+\s+/, '').replaceAll('"', '\\"')}"`, variables, line)[0]],
    ];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 1) throw new BuildError(`${name} wants NAME=value, not "${word}"`, line);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** The exec form `["node", "server.js"]`, or undefined for the shell form. */
export function parseExecForm({ name, text, line }) {
  if (!text.startsWith('[')) return undefined;
  try {
    const list = JSON.parse(text);
    if (list.every((word) => typeof word === 'string')) return list;
  } catch {
    // Docker would silently take it for a shell command, which is hardly ever what was meant.
  }
  throw new BuildError(`${name} is not a list of texts in JSON`, line);
}

const NANOSECONDS = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

export function parseHealthcheck(instruction) {
  if (/^NONE$/i.test(instruction.text)) return { Test: ['NONE'] };
  const [, options, command] = /^((?:--\S+\s+)*)CMD\s+([^]+)$/i.exec(instruction.text) ?? [];
  if (command === undefined) throw new BuildError('HEALTHCHECK wants NONE or CMD', instruction.line);
  const keys = {
    interval: 'Interval',
    timeout: 'Timeout',
    'start-period': 'StartPeriod',
    retries: 'Retries',
  };
  const flags = takeFlags(options.split(/\s+/).filter(Boolean), Object.keys(keys), instruction);
  const list = parseExecForm({ ...instruction, text: command });
  const check = { Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list] };
  for (const [flag, value] of Object.entries(flags)) {
    const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
    check[keys[flag]] =
      flag === 'retries'
        ? Number(value)
        : parts.reduce((sum, [, count, unit]) => sum + count * NANOSECONDS[unit], 0);
  }
  return check;
}

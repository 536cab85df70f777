import { readFile } from 'node:fs/promises';
import { LineCounter, isMap, isScalar, parseDocument, type Document } from 'yaml';
import { PlaygroundError, messageOf, systemCode } from '../lib/errors.ts';
import { closest } from '../lib/closest.ts';
import { configSchema, type Config } from './schema.ts';

/** One thing that is wrong with the input: where it stands, what is wrong, and what to write instead. */
export interface Problem {
  /** `config.yaml:3:1`, or the flag: `--port`. */
  readonly place: string;
  readonly message: string;
}

/** Settings as they were given on the command line; what is undefined was not given. */
export type Settings = Readonly<Record<string, unknown>>;

/** What is there before the file and the flags are looked at. */
export interface Before {
  /** What the command line's own check has found already, so that all is reported together. */
  readonly problems?: readonly Problem[];
  /** The configuration of a playground that exists, in place of the defaults. */
  readonly base?: Config | undefined;
}

/**
 * Makes the one configuration from the defaults, a YAML file and the command line, each overriding the one before.
 * @throws PlaygroundError `config-unreadable`, or `config-invalid` with every problem and its place.
 */
export async function loadConfig(
  file: string | undefined,
  flags: Settings = {},
  { problems = [], base }: Before = {},
): Promise<Config> {
  const source = file === undefined ? undefined : await readSource(file);
  const all = [...problems, ...(source?.problems ?? [])];
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const result = configSchema.safeParse({ ...base, ...source?.settings, ...given });
  if (!result.success) {
    for (const issue of result.error.issues) {
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys)
          all.push({ place: placeOf([key], source, flags), message: unknownKey(key) });
      } else {
        const path = issue.path.map(String);
        const place = placeOf(path, source, flags);
        // The command line's own check has told of this flag already.
        if (!problems.some((problem) => problem.place === place))
          all.push({ place, message: `${path.join('.')}: ${issue.message}` });
      }
    }
  }
  if (all.length > 0 || !result.success) throw invalid(all);
  return Object.freeze(result.data);
}

/** The error of a wrong use, with all its problems. Its exit code is 2. */
export function invalid(problems: readonly Problem[]): PlaygroundError {
  const lines = problems.map(({ place, message }) => `  ${place}: ${message}`);
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new PlaygroundError({
    code: 'config-invalid',
    message: `the input has ${count}\n${lines.join('\n')}`,
    hint: 'see `gitops-playground help <command>` for options, and `gitops-playground config schema` for the keys of a configuration',
  });
}

interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly settings: Settings;
  readonly problems: readonly Problem[];
}

async function readSource(file: string): Promise<Source> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const missing = systemCode(error) === 'ENOENT';
    throw new PlaygroundError({
      code: 'config-unreadable',
      message: missing
        ? `there is no configuration file ${file}`
        : `cannot read ${file}: ${messageOf(error)}`,
      hint: 'check the path; `gitops-playground config print` shows a configuration to start from',
      cause: error,
    });
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { place: `${file}:${line}:${col}`, message: error.message };
  });
  const empty = document.contents === null;
  if (!empty && !isMap(document.contents) && problems.length === 0) {
    problems.push({ place: file, message: 'a configuration is a map of keys and values' });
  }
  const usable = isMap(document.contents) && problems.length === 0;
  return { file, document, lines, problems, settings: usable ? (document.toJS() as Settings) : {} };
}

function placeOf(path: readonly string[], source: Source | undefined, flags: Settings): string {
  const key = path[0] ?? '';
  if (flags[key] !== undefined || source === undefined)
    return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const { contents } = source.document;
  const pair = isMap(contents)
    ? contents.items.find((item) => isScalar(item.key) && item.key.value === key)
    : undefined;
  const range = pair !== undefined && isScalar(pair.key) ? pair.key.range : undefined;
  if (range == null) return source.file;
  const { line, col } = source.lines.linePos(range[0]);
  return `${source.file}:${line}:${col}`;
}

function unknownKey(key: string): string {
  const near = closest(key, Object.keys(configSchema.shape));
  return `unknown key "${key}"${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

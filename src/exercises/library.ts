import { cp, mkdir, mkdtemp, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Playground } from '../flow/playground.ts';
import { closest } from '../lib/closest.ts';
import { PlaygroundError, systemCode } from '../lib/errors.ts';
import { ensurePrivateDir, isInside } from '../lib/fs.ts';
import { builtFile } from '../lib/package.ts';
import { leastEnvironment, run } from '../lib/process.ts';
import { DESCRIPTION, type Exercise } from './exercise.ts';
import type { Render } from '../flow/templates.ts';
import { loadExercise, rendererFor } from './load.ts';

/** Where an exercise lies, before it is read. */
interface Shelved {
  readonly id: string;
  readonly folder: string;
  /** From 1; none for an own one. */
  readonly number?: number;
}

const CLONE_LIMIT_MS = 60_000;

/** The exercises that come with the program in the order in which they teach, then the own ones of a playground. */
async function shelves(playground: Pick<Playground, 'folder'> | undefined): Promise<Shelved[]> {
  const base = builtFile('exercises');
  const builtIn = (await namesIn(base)).map((name, index): Shelved => ({
    id: name.replace(/^\d+-/, ''),
    folder: join(base, name),
    number: index + 1,
  }));
  if (playground === undefined) return builtIn;
  const ownBase = ownFolder(playground);
  const own = (await namesIn(ownBase)).map((id): Shelved => ({ id, folder: join(ownBase, id) }));
  return [...builtIn, ...own];
}

/** Every exercise, or all that could be read without a playground: then their placeholders stay. */
export async function listExercises(playground: Playground | undefined): Promise<Exercise[]> {
  const render = playground === undefined ? (text: string) => text : rendererFor(playground);
  return Promise.all((await shelves(playground)).map((shelved) => read(shelved, render)));
}

/**
 * The exercise of this id, number (`3`) or folder name (`03-promote`).
 * @throws PlaygroundError `unknown-exercise`, `exercise-invalid`.
 */
export async function findExercise(playground: Playground, name: string): Promise<Exercise> {
  const all = await shelves(playground);
  const found = all.find(
    ({ id, number, folder }) => id === name || String(number) === name || basename(folder) === name,
  );
  if (found !== undefined) {
    const next = all[all.indexOf(found) + 1]?.id;
    const exercise = await read(found, rendererFor(playground));
    return next === undefined ? exercise : { ...exercise, next };
  }
  const near = closest(
    name,
    all.map(({ id }) => id),
  );
  throw new PlaygroundError({
    code: 'unknown-exercise',
    message: `there is no exercise "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
    hint: 'see them all: gitops-playground exercise list',
  });
}

/** Whether a word names a folder or a repository rather than an exercise that is known. */
export function isSource(word: string): boolean {
  return /[/\\:]|^\.{1,2}$/.test(word);
}

/** An exercise that was brought from outside, and how to keep it. */
export interface Visitor {
  readonly exercise: Exercise;
  /** Makes it known to the playground from now on, in place of an earlier own one of this id. */
  keep(): Promise<void>;
  /** Removes what was fetched. */
  dispose(): Promise<void>;
}

/**
 * Reads an own exercise from a folder, or from a Git repository by its URL (`URL#FOLDER` for a folder in it).
 * @throws PlaygroundError `exercise-missing`, `exercise-invalid`, `exercise-name-taken`, `git-failed`.
 */
export async function openSource(
  playground: Playground,
  source: string,
  signal: AbortSignal,
): Promise<Visitor> {
  const temporary = await mkdtemp(join(tmpdir(), 'gitops-playground-exercise-'));
  const dispose = () => rm(temporary, { recursive: true, force: true });
  try {
    const folder = (await isFolder(resolve(source)))
      ? resolve(source)
      : await fetch(source, temporary, signal);
    const exercise = await loadExercise(folder, rendererFor(playground));
    const builtIn = (await shelves(undefined)).some(({ id }) => id === exercise.id);
    if (builtIn) {
      throw new PlaygroundError({
        code: 'exercise-name-taken',
        message: `an exercise "${exercise.id}" comes with the program`,
        hint: `choose another id in ${join(folder, DESCRIPTION)}`,
      });
    }
    const keep = () => shelve(folder, join(ownFolder(playground), exercise.id));
    return { exercise, keep, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function ownFolder({ folder }: Pick<Playground, 'folder'>): string {
  return join(folder, 'exercises', 'own');
}

async function read({ folder, number }: Shelved, render: Render): Promise<Exercise> {
  const exercise = await loadExercise(folder, render);
  return number === undefined ? exercise : { ...exercise, number };
}

/** Copies a folder so that it is there as a whole or not at all. */
async function shelve(folder: string, target: string): Promise<void> {
  const fresh = `${target}.new`;
  await ensurePrivateDir(join(target, '..'));
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const filter = (path: string) => !/[/\\]\.git([/\\]|$)/.test(path.slice(folder.length));
  await cp(folder, fresh, { recursive: true, filter, verbatimSymlinks: true });
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
}

async function fetch(source: string, into: string, signal: AbortSignal): Promise<string> {
  const [url = '', below = '.'] = source.split('#');
  const looksRemote = /^[a-z+]+:\/\/|^[\w.-]+@[\w.-]+:|^[\w.-]+:/.test(url);
  if (!looksRemote && !(await isFolder(resolve(url)))) {
    throw new PlaygroundError({
      code: 'exercise-missing',
      message: `there is no folder ${source}`,
      hint: `name a folder with ${DESCRIPTION} and text.md, or the URL of a Git repository`,
    });
  }
  const target = join(into, 'clone');
  // A repository is only read: no hooks, no submodules, no questions.
  const env = leastEnvironment({ GIT_TERMINAL_PROMPT: '0' });
  const args = ['clone', '--quiet', '--depth', '1', '--no-recurse-submodules', '--', url, target];
  const { exitCode, stderr } = await run('git', args, { env, signal, timeout: CLONE_LIMIT_MS });
  if (exitCode !== 0) {
    throw new PlaygroundError({
      code: 'git-failed',
      message: `cannot clone ${url}: ${stderr.trim()}`,
      hint: 'check the address, and that git can clone it without asking for a password',
    });
  }
  const root = await realpath(target);
  const named = resolve(root, below);
  // A link in the repository could lead out of it as well as "..".
  const folder = await realpath(named).catch(() => named);
  if (!isInside(root, folder)) {
    throw new PlaygroundError({
      code: 'exercise-missing',
      message: `${below} is not inside the repository`,
      hint: 'write the folder as it stands in the repository: URL#exercises/my-exercise',
    });
  }
  return folder;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.endsWith('.new'))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

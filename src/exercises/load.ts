import { lstat, readFile, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Problem } from '../config/load.ts';
import { placeholders } from '../flow/repositories.ts';
import { repositorySettings } from '../flow/seed.ts';
import { createRenderer, type Render } from '../flow/templates.ts';
import type { Playground } from '../flow/playground.ts';
import { PlaygroundError, messageOf, systemCode } from '../lib/errors.ts';
import { readDocument } from './document.ts';
import { DESCRIPTION, TEXT, exerciseSchema, type Exercise } from './exercise.ts';

/** Fills them for a playground, as the seeded repositories are filled, and with what exercises need beside that. */
export function rendererFor(playground: Pick<Playground, 'config' | 'endpoints'>): Render {
  const { config, endpoints } = playground;
  return createRenderer({
    ...placeholders(repositorySettings(playground)),
    KUBERNETES_URL: endpoints.kubernetes.clusterUrl,
    GITOPS_URL: endpoints.gitops.url,
    DASHBOARD_URL: endpoints.dashboard.url,
    USERNAME: config.username,
  });
}

const MOST_FILES = 200;
const MOST_BYTES = 2 * 1024 * 1024;

/**
 * Reads an exercise from its folder.
 * @throws PlaygroundError `exercise-invalid` with every problem and its place.
 */
export async function loadExercise(folder: string, render: Render): Promise<Exercise> {
  const problems: Problem[] = [];
  const files = new Map<string, string>();
  for (const [path, content] of await readFolder(folder)) {
    try {
      files.set(render(path, path), render(content, path));
    } catch (error) {
      problems.push({ place: join(folder, path), message: messageOf(error) });
    }
  }
  const description = files.get(DESCRIPTION);
  const text = files.get(TEXT);
  for (const [name, content] of [
    [DESCRIPTION, description],
    [TEXT, text],
  ] as const) {
    const reported = problems.some(({ place }) => place === join(folder, name));
    if (content === undefined && !reported)
      problems.push({ place: join(folder, name), message: 'is missing; an exercise has such a file' });
  }
  if (description === undefined || text === undefined) throw invalidExercise(problems);
  const read = readDocument(
    description,
    join(folder, DESCRIPTION),
    exerciseSchema,
    Object.keys(exerciseSchema.shape),
  );
  if ('problems' in read) throw invalidExercise([...problems, ...read.problems]);
  if (problems.length > 0) throw invalidExercise(problems);
  return { ...read.value, text, files };
}

/** The texts below a folder by their path with `/`. Links are not followed, so nothing outside is read. */
async function readFolder(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((error: unknown) => {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw error;
    throw new PlaygroundError({
      code: 'exercise-missing',
      message: `there is no folder ${folder}`,
      hint: `an exercise is a folder with ${DESCRIPTION} and ${TEXT}; see docs/exercises.md`,
      cause: error,
    });
  });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, path: relative(folder, file).split(sep).join('/') }))
    .filter(({ path }) => !path.startsWith('.git/'))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const sizes = await Promise.all(paths.map(async ({ file }) => (await lstat(file)).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (paths.length > MOST_FILES || bytes > MOST_BYTES) {
    throw new PlaygroundError({
      code: 'exercise-too-large',
      message: `${folder} has ${paths.length} files and ${bytes} bytes; an exercise has at most ${MOST_FILES} files and ${MOST_BYTES} bytes`,
      hint: 'give the folder of the exercise itself, not one around it',
    });
  }
  return new Map(
    await Promise.all(paths.map(async ({ file, path }) => [path, await readFile(file, 'utf8')] as const)),
  );
}

function invalidExercise(problems: readonly Problem[]): PlaygroundError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const lines = problems.map(({ place, message }) => `  ${place}: ${message}`);
  return new PlaygroundError({
    code: 'exercise-invalid',
    message: `the exercise has ${count}, and nothing was changed\n${lines.join('\n')}`,
    hint: 'the kinds of checks and steps are described in docs/exercises.md',
  });
}

import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PlaygroundError, explainStorage, messageOf } from '../lib/errors.ts';

/**
 * Writes the page that a person has asked for with `--out`.
 * @throws PlaygroundError `file-unwritable`, or `disk-full`.
 */
export async function writePage(file: string, page: string): Promise<void> {
  await writeFile(file, page).catch((error: unknown) => {
    const explained = explainStorage(error, file);
    if (explained instanceof PlaygroundError) throw explained;
    throw new PlaygroundError({
      code: 'file-unwritable',
      message: `cannot write ${file}: ${messageOf(error)}`,
      hint: `name a file in a folder that exists and is yours: --out ${basename(file)}`,
      cause: error,
    });
  });
}

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, deflateSync } from 'node:zlib';
import type { GitObject } from './objects.ts';

export type ObjectType = GitObject['type'];

/** The name of an object: the SHA-1 of its type, its size and its content. */
export function objectId(type: ObjectType, content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/**
 * Writes an object as a file of its own (gitrepository-layout, "objects/[0-9a-f][0-9a-f]"), whole or not at all. Small files,
 * written at once: that takes less time than starting a git process for them. Like git, it leaves it to the system when
 * they reach the disk; the reference that makes them count is forced there.
 * @returns its id
 */
export function writeLooseObject(repository: string, type: ObjectType, content: Uint8Array): string {
  const id = objectId(type, content);
  const folder = join(repository, 'objects', id.slice(0, 2));
  const file = join(folder, id.slice(2));
  if (existsSync(file)) return id;
  mkdirSync(folder, { recursive: true });
  // Git takes files of this name for what an interrupted program left, and removes them.
  const temporary = join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`);
  const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  try {
    writeFileSync(temporary, deflateSync(bytes, { level: constants.Z_BEST_SPEED }), {
      flag: 'wx',
      mode: 0o444,
    });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return id;
}

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import envPaths from 'env-paths';

/** How long a program that stays has run when what it has compiled is kept: by then it has done its usual work once. */
const SETTLED_MS = 10_000;
const CHECKSUM = 32;

/**
 * Runs a bundled program with the code that V8 made of it at an earlier start, which spares compiling it anew: a third of the
 * time until a command does its work. The first start keeps that code in the user's cache folder; whatever is not right with it,
 * the program is compiled as ever. `NODE_DISABLE_COMPILE_CACHE=1` leaves it alone, as it does Node's own.
 * @param program name of the bundle, `cli` for example.
 * @param contentId changes with the bundle's content; V8 itself looks at its length alone.
 */
export function start(program: string, contentId: string): void {
  const file = fileURLToPath(new URL(`./${program}.cjs`, import.meta.url));
  // All of it is ASCII (see scripts/build.js), which is read fastest as what it is.
  const source = Module.wrap(readFileSync(file, 'latin1'));
  const kept =
    process.env.NODE_DISABLE_COMPILE_CACHE === undefined ? keptFile(program, contentId) : undefined;
  const cachedData = kept === undefined ? undefined : read(kept);
  const script = new Script(source, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  if (kept !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) {
    keepLater(program, () => {
      write(kept, script.createCachedData());
    });
  }
  const module = { exports: {} };
  const run = script.runInThisContext() as (...scope: unknown[]) => void;
  run(module.exports, createRequire(file), module, file, dirname(file));
}

/** One file for each command, as each uses another part of the program. */
function keptFile(program: string, contentId: string): string {
  const word =
    program === 'cli' ? (process.argv.slice(2).find((argument) => /^[a-z]+$/.test(argument)) ?? '') : '';
  const name = [program, word.slice(0, 20), process.version, process.arch].filter(Boolean).join('-');
  return join(envPaths('gitops-playground', { suffix: '' }).cache, 'code', name, contentId);
}

/** A command keeps its code when it ends, a program that stays when it has settled, or when it ends before. */
function keepLater(program: string, keep: () => void): void {
  process.once('exit', keep);
  if (program === 'cli') return;
  setTimeout(() => {
    process.off('exit', keep);
    keep();
  }, SETTLED_MS).unref();
}

/** What was kept, or nothing when it was damaged: V8 does not look whether it was. */
function read(file: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file);
    const data = bytes.subarray(CHECKSUM);
    return checksum(data).equals(bytes.subarray(0, CHECKSUM)) ? data : undefined;
  } catch {
    return undefined;
  }
}

function write(file: string, data: Buffer): void {
  const temporary = `${file}.${process.pid}`;
  try {
    // What was kept of an older content is of no use any more.
    rmSync(dirname(file), { recursive: true, force: true });
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, Buffer.concat([checksum(data), data]), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // A full or read-only disk: the next start compiles again.
    rmSync(temporary, { force: true });
  }
}

function checksum(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

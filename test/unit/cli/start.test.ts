import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/lib/package.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'start-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const code = () => join(home, '.cache', 'gitops-playground', 'code');
const kept = () =>
  existsSync(code())
    ? readdirSync(code(), { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
      )
    : [];
const output = (env: Record<string, string> = {}) =>
  execFileSync(process.execPath, [join(packageRoot, 'bin', 'gitops-playground.cjs'), 'config', 'schema'], {
    env: { PATH: process.env.PATH, HOME: home, ...env },
  }).toString();

describe.runIf(process.platform === 'linux')('the compiled code of a command', () => {
  it('is kept at the first start, for its owner alone, and used at the next', () => {
    const first = output();
    const [file = '', ...others] = kept();
    expect(others).toEqual([]);
    const content = readFileSync(file);
    expect(output()).toBe(first);
    // It was taken as it is: nothing was written anew.
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('is made anew when it was damaged', () => {
    const first = output();
    const [file = ''] = kept();
    const content = readFileSync(file);
    writeFileSync(file, content.subarray(0, content.length / 2));
    expect(output()).toBe(first);
    expect(readFileSync(file).length).toBeGreaterThan(content.length / 2);
  });

  it('is left alone where that was asked for', () => {
    output({ NODE_DISABLE_COMPILE_CACHE: '1' });
    expect(kept()).toEqual([]);
  });
});

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { unpackTar } from 'modern-tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openContext,
  parseIgnore,
} from '../../../manifests/repos/pipeline-library/resources/build-image/context.mjs';
import { tarArchive } from '../../../manifests/repos/pipeline-library/resources/build-image/tar.mjs';
import { leastEnvironment, run } from '../../../src/lib/process.ts';

interface Entry {
  readonly type: 'file' | 'folder' | 'link';
  readonly mode: number;
  readonly content?: Buffer;
  readonly target?: string;
}

describe('parseIgnore', () => {
  it.each([
    ['node_modules', 'node_modules/a/b', true],
    ['node_modules', 'src/node_modules', false],
    ['**/node_modules', 'src/node_modules/x', true],
    ['**/node_modules', 'node_modules', true],
    ['*.md', 'README.md', true],
    ['*.md', 'docs/x.md', false],
    ['*.md\n!README.md', 'README.md', false],
    ['docs\n!docs/keep', 'docs/keep', false],
    ['docs\n!docs/keep', 'docs/other', true],
    ['# a comment\n/build/', 'build/x', true],
    ['a?c', 'abc', true],
    ['[ab].txt', 'b.txt', true],
    ['[!ab].txt', 'b.txt', false],
    ['a/**/z', 'a/b/c/z', true],
    ['a.b', 'axb', false],
  ])('%j, %s: %s', (source, file, ignored) => {
    expect(parseIgnore(source).ignores(file)).toBe(ignored);
  });
});

describe('openContext', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-'));
    for (const file of ['in/a.js', 'in/b.js', 'in/sub/c.js', 'in/d.txt', 'in/out.log', 'outside/secret']) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), file);
    }
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const find = (source: string, ignore = '*.log'): string[] =>
    openContext(join(folder, 'in'), ignore)
      .find(source, 1)
      .map(({ to }: { to: string }) => to)
      .sort();

  it('finds files, folders and patterns', () => {
    expect(find('a.js')).toEqual(['a.js']);
    expect(find('.')).toEqual(['a.js', 'b.js', 'd.txt', 'sub', 'sub/c.js']);
    expect(find('sub/')).toEqual(['c.js']);
    expect(find('/sub')).toEqual(['c.js']);
    expect(find('*.js')).toEqual(['a.js', 'b.js']);
    expect(find('s*/c.js')).toEqual(['c.js']);
    expect(find('s*')).toEqual(['c.js']);
  });

  it.each([
    ['../outside', 'outside the context'],
    ['sub/../../outside', 'outside the context'],
    ['none', 'no such file'],
    ['*.none', 'no such file'],
    ['out.log', '.dockerignore'],
  ])('refuses %s', (source, message) => {
    expect(() => find(source)).toThrow(message);
  });

  it('does not follow links out, and keeps links in folders as links', async () => {
    await symlink('../outside', join(folder, 'in/way'));
    await symlink('../../outside/secret', join(folder, 'in/sub/link'));
    for (const source of ['way', 'way/secret', 'w*', 'way/*', 'sub/link']) {
      expect(() => find(source), source).toThrow('outside the context');
    }
    const found = openContext(join(folder, 'in'), '').find('sub', 1) as (Entry & { to: string })[];
    expect(found.find(({ to }) => to === 'link')).toMatchObject({ type: 'link', target: '../../outside/secret' });
  });
});

describe('tarArchive', () => {
  const segment = fc.oneof(
    fc.stringMatching(/^[a-z0-9._-]{1,30}$/),
    fc.stringMatching(/^[a-z]{60,130}$/),
    fc.stringMatching(/^[äöü€😀a-z ]{1,20}$/u),
  );
  const name = fc
    .array(segment.filter((part) => part !== '.' && part !== '..'), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('/'));
  const entry: fc.Arbitrary<Entry> = fc.oneof(
    fc.record({
      type: fc.constant('file' as const),
      mode: fc.constantFrom(0o644, 0o755),
      content: fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
    }),
    fc.record({ type: fc.constant('folder' as const), mode: fc.constant(0o755) }),
    fc.record({ type: fc.constant('link' as const), mode: fc.constant(0o777), target: name }),
  );
  const entries = fc.dictionary(name, entry, { maxKeys: 8 }).map((found) => new Map(Object.entries(found)));

  it('is read back by another program as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (written) => {
        const read = await unpackTar(tarArchive(written));
        const types = { file: 'file', directory: 'folder', symlink: 'link' } as Record<string, string>;
        expect(
          read.map(({ header, data }) => ({
            name: header.name.replace(/\/$/, ''),
            type: types[header.type ?? 'file'],
            mode: header.mode,
            content: header.type === 'file' ? Buffer.from(data ?? []).toString('hex') : undefined,
            target: header.type === 'symlink' ? header.linkname : undefined,
          })),
        ).toEqual(
          [...written.keys()].sort().map((key) => {
            const { type, mode, content, target } = written.get(key)!;
            return { name: key, type, mode, content: content?.toString('hex'), target };
          }),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('does not depend on the order of its entries', () => {
    fc.assert(
      fc.property(entries, (written) => {
        const turned = new Map([...written].reverse());
        expect(tarArchive(turned).equals(tarArchive(written))).toBe(true);
      }),
    );
  });

  it('is listed by tar without complaint', async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (written) => {
        const listing = await run('tar', ['--quoting-style=literal', '-tf', '-'], {
          env: leastEnvironment({ LC_ALL: 'C.UTF-8' }),
          input: tarArchive(written),
        });
        expect(listing).toMatchObject({ exitCode: 0, stderr: '' });
        const names = listing.stdout.split('\n').filter(Boolean);
        expect(names.map((each) => each.replace(/\/$/, ''))).toEqual([...written.keys()].sort());
      }),
      { numRuns: 15 },
    );
  });
});

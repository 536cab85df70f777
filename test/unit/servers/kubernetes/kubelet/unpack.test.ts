import { existsSync, readFileSync, readdirSync, statSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { packTar, type TarEntry } from 'modern-tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Unpacker } from '../../../../../src/servers/kubernetes/kubelet/unpack.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unpack-'));
  root = join(folder, 'rootfs');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
const file = (name: string, body = name, mode = 0o644): TarEntry => ({
  header: { name, size: Buffer.byteLength(body), type: 'file', mode },
  body,
});
const entry = (name: string, type: 'symlink' | 'link' | 'directory', linkname = ''): TarEntry => ({
  header: { name, size: 0, type, linkname },
});
async function unpack(layers: TarEntry[][], limits = { bytes: 1e6, entries: 100 }): Promise<Unpacker> {
  const { mkdirSync } = await import('node:fs');
  mkdirSync(root);
  const unpacker = new Unpacker(root, limits);
  for (const layer of layers) {
    const tar = await packTar(layer);
    const digest = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
    await unpacker.layer(Readable.from([gzipSync(tar)]), GZIP, digest);
  }
  return unpacker;
}
const text = (path: string) => readFileSync(join(root, path), 'utf8');

describe('unpacking an image', () => {
  it('lays one layer over the other, with whiteouts', async () => {
    await unpack([
      [file('app/a'), file('app/b'), file('lib/x'), file('lib/y')],
      [file('app/.wh.a', ''), file('lib/.wh..wh..opq', ''), file('lib/z'), file('app/b', 'new')],
    ]);
    expect(readdirSync(join(root, 'app'))).toEqual(['b']);
    expect(text('app/b')).toBe('new');
    expect(readdirSync(join(root, 'lib'))).toEqual(['z']);
  });

  it('follows links of earlier layers inside the image', async () => {
    await unpack([[file('usr/bin/x'), entry('bin', 'symlink', '/usr/bin')], [file('bin/y')]]);
    expect(text('usr/bin/y')).toBe('bin/y');
    expect(text('bin/x')).toBe('usr/bin/x');
  });

  it.each([
    ['an absolute link', [entry('out', 'symlink', '/../../../..'), file('out/stolen')]],
    ['a relative link', [entry('deep/out', 'symlink', '../../../..'), file('deep/out/stolen')]],
    [
      'a link over a link',
      [entry('p/q/x', 'symlink', '../..'), entry('p/q/y', 'symlink', 'x/../z'), file('p/q/y/stolen')],
    ],
  ])('lets nothing out by %s', async (_what, layer) => {
    await unpack([layer]);
    expect(readdirSync(folder)).toEqual(['rootfs']);
    const inside = readdirSync(root, { recursive: true }).map(String);
    expect(inside.some((path) => path.endsWith('stolen'))).toBe(true);
  });

  it.each([['../evil'], ['a/../../evil'], ['/../evil']])('refuses the path %s', async (name) => {
    await expect(unpack([[file(name)]])).rejects.toThrow(/wants to leave its folder/);
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });

  it('links files, and takes setuid and write permission away', async () => {
    await unpack([[file('tool', 'x', 0o4777), file('data', 'x', 0o666), entry('same', 'link', 'tool')]]);
    expect(statSync(join(root, 'tool')).mode & 0o7777).toBe(0o555);
    expect(statSync(join(root, 'data')).mode & 0o7777).toBe(0o444);
    expect(statSync(join(root, 'same')).ino).toBe(statSync(join(root, 'tool')).ino);
  });

  it('refuses a hard link to something outside', async () => {
    await expect(unpack([[entry('x', 'link', '../../etc/passwd')]])).rejects.toThrow(/leave its folder/);
  });

  it('stops at its limits', async () => {
    await expect(unpack([[file('a', 'x'.repeat(2000))]], { bytes: 1000, entries: 10 })).rejects.toThrow(
      /larger than 1000/,
    );
    rmSync(root, { recursive: true });
    await expect(unpack([[file('a'), file('b')]], { bytes: 1000, entries: 1 })).rejects.toThrow(
      /more than 1 files/,
    );
  });

  it('refuses a layer that is not the one that the configuration names', async () => {
    const { mkdirSync } = await import('node:fs');
    mkdirSync(root);
    const tar = await packTar([file('a')]);
    const layer = new Unpacker(root, { bytes: 1e6, entries: 10 }).layer(
      Readable.from([gzipSync(tar)]),
      GZIP,
      `sha256:${'0'.repeat(64)}`,
    );
    await expect(layer).rejects.toThrow(/other content/);
  });
});

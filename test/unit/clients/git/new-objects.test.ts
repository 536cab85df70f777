import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packFirstCommit, type CommitFile } from '../../../../src/clients/git/new-objects.ts';

let folder: string;
const git = (args: string[], input?: Uint8Array) =>
  execFileSync('git', args, { cwd: folder, ...(input === undefined ? {} : { input }) }).toString();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'new-objects-'));
  git(['init', '--quiet', '--bare']);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const author = { name: 'Ada', email: 'ada@example.com' };
const date = new Date('2026-01-02T03:04:05Z');

describe('the pack of a first commit', () => {
  it('is what git takes for correct, with every file in its place', () => {
    const files: CommitFile[] = [
      { path: 'lib/a/deep.txt', content: 'deep\n' },
      { path: 'lib.txt', content: 'sorted before the folder\n' },
      { path: 'lib-b', content: 'the same\n' },
      { path: 'copy', content: 'the same\n' },
      { path: 'run.sh', content: '#!/bin/sh\n', executable: true },
      { path: 'grüße/größe.txt', content: 'ä' },
      { path: 'empty', content: '' },
      { path: 'large.bin', content: new Uint8Array(70_000).map((_, index) => (index * index) % 251) },
    ];
    const { revision, pack } = packFirstCommit({ author, date, files, message: 'Begin\n\nwith a body\n' });
    git(['index-pack', '--stdin', '--strict', '--fsck-objects'], pack);
    git(['fsck', '--strict', '--no-dangling']);
    expect(git(['log', '-1', '--format=%an <%ae> %at %n%B', revision]).trim()).toBe(
      'Ada <ada@example.com> 1767323045 \nBegin\n\nwith a body',
    );
    const listed = git([
      '-c',
      'core.quotePath=false',
      'ls-tree',
      '-r',
      '--format=%(objectmode) %(path)',
      revision,
    ]);
    expect(listed.trim().split('\n')).toEqual([
      '100644 copy',
      '100644 empty',
      '100644 grüße/größe.txt',
      '100644 large.bin',
      '100644 lib-b',
      '100644 lib.txt',
      '100644 lib/a/deep.txt',
      '100755 run.sh',
    ]);
    for (const { path, content } of files) {
      const blob = execFileSync('git', ['cat-file', 'blob', `${revision}:${path}`], { cwd: folder });
      expect(blob.equals(Buffer.from(content))).toBe(true);
    }
  });
});

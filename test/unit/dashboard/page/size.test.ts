import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { builtFile } from '../../../../src/lib/package.ts';

test('the script of the page stays under 100 kB, gzipped', () => {
  expect(gzipSync(readFileSync(builtFile('dashboard', 'main.js'))).length).toBeLessThan(100_000);
});

test('the page has no script and no style in it, which its policy would refuse', () => {
  const html = readFileSync(builtFile('dashboard', 'index.html'), 'utf8');
  expect(html).not.toMatch(/<style|style=|<script>|\son\w+=/);
});

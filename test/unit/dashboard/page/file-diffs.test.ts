import { expect, test } from 'vitest';
import { parseDiff } from '../../../../src/dashboard/page/components/file-diffs.ts';

test('a diff falls into its files, with what each gains and loses', () => {
  const files = parseDiff(`diff --git a/src/theme.js b/src/theme.js
index 1..2 100644
--- a/src/theme.js
+++ b/src/theme.js
@@ -1,2 +1,2 @@
-export const colour = 'green';
+export const colour = 'blue';
 // end
diff --git a/old name.txt b/old name.txt
deleted file mode 100644
--- a/old name.txt
+++ /dev/null
@@ -1 +0,0 @@
-gone
diff --git a/picture.png b/picture.png
Binary files a/picture.png and b/picture.png differ
`);
  expect(files.map(({ path, added, removed }) => [path, added, removed])).toEqual([
    ['src/theme.js', 1, 1],
    ['old name.txt', 0, 1],
    ['picture.png', 0, 0],
  ]);
  expect(files[0]?.lines[0]).toBe('@@ -1,2 +1,2 @@');
});

test('no diff has no files', () => {
  expect(parseDiff('')).toEqual([]);
});

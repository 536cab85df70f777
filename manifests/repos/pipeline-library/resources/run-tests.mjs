// Runs all test files of a folder in this one process: starting Node once for each file takes longer than small tests do.
// Use it as `node --test-reporter=… run-tests.mjs [FOLDER]`. For tests that need a process of their own, use `node --test`.
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = resolve(process.argv[2] ?? 'test');
const files = readdirSync(folder, { recursive: true }).filter((name) => /\.test\.m?js$/.test(name));
if (files.length === 0) throw new Error(`there are no files *.test.js in ${folder}`);
for (const file of files.sort()) await import(pathToFileURL(join(folder, file)));

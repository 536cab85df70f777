import { readFile } from 'node:fs/promises';
import { builtFile } from '../../lib/package.ts';
import type { Routes } from './call.ts';

/** The files of the page, as the build makes them. They hold nothing of the playground, and are read when asked for. */
const files: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/main.js': { file: 'main.js', type: 'text/javascript; charset=utf-8' },
  '/main.css': { file: 'main.css', type: 'text/css; charset=utf-8' },
  '/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
};

/** The page loads nothing from elsewhere, stands in no frame, and runs no script but its own file. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

export function addFiles(routes: Routes): void {
  for (const [path, { file, type }] of Object.entries(files)) {
    routes.get(path, async (context) => {
      const content = await readFile(builtFile('dashboard', file));
      return context.body(new Uint8Array(content), 200, { 'content-type': type });
    });
  }
}

import { defineConfig } from 'vitest/config';
import { patiently } from './test/support/patience.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/support/build.ts',
    // A shared machine may be late once. A test that needed its second try is shown with it in the report.
    retry: process.env.CI === 'true' ? 1 : 0,
    testTimeout: patiently(20_000),
    hookTimeout: patiently(30_000),
    reporters: ['default', './test/support/closing-line.ts'],
  },
});

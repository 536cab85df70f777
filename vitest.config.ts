import { defineConfig } from 'vitest/config';

/** Scenarios on engines whose parts are pods take longer. */
const patience = Number(process.env.PLAYGROUND_PATIENCE ?? '1');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/support/build.ts',
    // A shared machine may be late once. A test that needed its second try is shown with it in the report.
    retry: process.env.CI === 'true' ? 1 : 0,
    testTimeout: 20_000 * patience,
    hookTimeout: 30_000 * patience,
    reporters: ['default', './test/support/closing-line.ts'],
  },
});

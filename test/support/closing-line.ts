import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run with one plain line of totals, and names every skipped test with its reason, and what a repeated one met first. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const totals = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length > 0) totals.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'pending') totals.failed += 1;
        else totals[result.state] += 1;
        if (result.state === 'passed' && result.errors !== undefined) {
          for (const { message } of result.errors)
            process.stdout.write(`repeated: ${test.fullName}: ${message}\n`);
        }
        if (result.state === 'skipped') {
          process.stdout.write(`skipped: ${test.fullName}: ${result.note ?? 'no reason given'}\n`);
        }
      }
    }
    process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  }
}

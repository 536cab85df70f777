import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailure, type Step } from '../pipeline/host.ts';
import { workingFolder, type BuildServices } from '../builds/services.ts';
import { parseXml, type XmlElement } from '../xml.ts';
import { flagArg, requiredText } from './arguments.ts';
import { findFiles } from './globs.ts';

interface TestCase {
  readonly className: string;
  readonly name: string;
  /** Seconds. */
  readonly duration: number;
  readonly status: 'PASSED' | 'FAILED' | 'SKIPPED';
  readonly errorDetails: string | null;
}

/** What `testReport/api/json` tells. */
export interface TestReport {
  readonly suites: readonly { readonly name: string; readonly cases: readonly TestCase[] }[];
}

/** `junit`: reads test reports; failed tests make the build UNSTABLE. */
export function junitStep(services: BuildServices): Step {
  return {
    name: 'junit',
    defaultArgument: 'testResults',
    async run(call) {
      const pattern = requiredText(call, 'testResults');
      const cwd = workingFolder(call.context, 'junit');
      services.log.line('Recording test results');
      const files = await findFiles(cwd, pattern);
      if (files.length === 0) {
        const message = 'No test report files were found. Configuration error?';
        if (!flagArg(call.args, 'allowEmptyResults')) throw new StepFailure(message);
        services.log.line(message);
        return { totalCount: 0, failCount: 0, skipCount: 0, passCount: 0 };
      }
      const suites: { name: string; cases: TestCase[] }[] = [];
      for (const file of files) {
        try {
          suites.push(...suitesOf(parseXml(await readFile(join(cwd, file), 'utf8'))));
        } catch (error) {
          throw new StepFailure(`junit: ${file}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      const cases = suites.flatMap((suite) => suite.cases);
      const count = (status: TestCase['status']) => cases.filter((one) => one.status === status).length;
      const counts = { total: cases.length, failed: count('FAILED'), skipped: count('SKIPPED') };
      const report = join(services.folder, 'tests.json');
      const earlier = await readReport(report);
      await writeFile(report, JSON.stringify({ suites: [...earlier.suites, ...suites] }));
      services.addTests(counts);
      if (counts.failed > 0) {
        services.log.line(`${counts.failed} of ${counts.total} tests failed`);
        services.worsen('UNSTABLE');
        call.context.worsen?.('UNSTABLE');
      }
      return {
        totalCount: counts.total,
        failCount: counts.failed,
        skipCount: counts.skipped,
        passCount: counts.total - counts.failed - counts.skipped,
      };
    },
  };
}

export async function readReport(file: string): Promise<TestReport> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? { suites: [] } : (JSON.parse(text) as TestReport);
}

function suitesOf(element: XmlElement): { name: string; cases: TestCase[] }[] {
  if (element.name !== 'testsuites' && element.name !== 'testsuite') {
    throw new Error(`<${element.name}> is not a JUnit report`);
  }
  const cases = element.children('testcase').map((one) => caseOf(one, element));
  const own = cases.length === 0 ? [] : [{ name: element.attribute('name') ?? '', cases }];
  return [...own, ...element.children('testsuite').flatMap(suitesOf)];
}

function caseOf(element: XmlElement, suite: XmlElement): TestCase {
  const failure = element.at('failure') ?? element.at('error');
  const skipped = element.at('skipped') !== undefined;
  return {
    className: element.attribute('classname') ?? suite.attribute('name') ?? '',
    name: element.attribute('name') ?? '',
    duration: Number(element.attribute('time') ?? 0) || 0,
    status: failure !== undefined ? 'FAILED' : skipped ? 'SKIPPED' : 'PASSED',
    errorDetails: failure === undefined ? null : (failure.attribute('message') ?? failure.text),
  };
}

import { expect, test } from 'vitest';
import pc from 'picocolors';
import type { Output } from '../../../src/cli/output.ts';
import { showSummary } from '../../../src/cli/summary.ts';
import type { PlaygroundStatus } from '../../../src/flow/status.ts';

const at = { url: 'http://127.0.0.1:1', username: 'developer', password: 'secret' };
const status: PlaygroundStatus = {
  ...{ name: 'default', engine: 'kubernetes', phase: 'degraded', repositories: [], applications: [] },
  endpoints: {
    dashboard: { url: at.url },
    ...{ git: at, ci: at, gitops: { url: at.url }, registry: { host: 'localhost:1' } },
    kubernetes: { kubeconfig: '/k', context: 'c' },
  },
  problems: [{ what: 'mailpit', seen: 'Synced, Progressing' }],
};

/** What is printed at the end of `up`. */
function summaryWith(operator: 'argocd' | 'flux'): string {
  const lines: string[] = [];
  const output = { colors: pc.createColors(false), line: (text = '') => lines.push(text) };
  showSummary(output as unknown as Output, status, '1 min', operator);
  return lines.join('\n');
}

test('the end of up says why the playground is not ready', () => {
  expect(summaryWith('argocd')).toContain('mailpit: Synced, Progressing');
});

test('the end of up names the objects that this operator knows', () => {
  expect(summaryWith('argocd')).toContain('kubectl get applications -A');
  expect(summaryWith('flux')).toContain('kubectl get kustomizations -A');
});

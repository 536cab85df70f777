import { expect, test } from 'vitest';
import { isAllowedTarget } from '../../../../../src/servers/git/webhooks/deliveries.ts';
import { matchesGlob } from '../../../../../src/servers/git/webhooks/hooks.ts';

test.each([
  ['', 'main', true],
  ['*', 'feature/x', true],
  ['main', 'main', true],
  ['main', 'maine', false],
  ['{main,release/*}', 'release/1.0', true],
  ['{main,release/*}', 'feature', false],
  ['v?.0', 'v1.0', true],
  ['v?.0', 'v1x0', false],
  ['a(b', 'a(b', true],
  ['{', 'x', false],
])('the branch filter "%s" says of "%s": %s', (glob, branch, matches) => {
  expect(matchesGlob(glob, branch)).toBe(matches);
});

test.each([
  ['http://127.0.0.1:8080/hook', true],
  ['https://localhost/hook', true],
  ['http://ci.localhost:1/x', true],
  ['http://127.0.0.1.example.org/', false],
  ['http://example.org/?127.0.0.1', false],
  ['http://localhost@example.org/', false],
  ['http://10.0.0.1/', false],
  ['file:///etc/passwd', false],
  ['nonsense', false],
])('a webhook to %s is allowed: %s', (url, allowed) => {
  expect(isAllowedTarget(url)).toBe(allowed);
});

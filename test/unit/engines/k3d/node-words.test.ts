import { expect, test } from 'vitest';
import { troublesIn } from '../../../../src/engines/k3d/node-words.ts';

const at = '2026-11-26T01:50:33.1Z';

test('what a node says of its trouble is told, and neither what it says otherwise nor what its entrypoint repeats', () => {
  const lines = [
    `${at} time="2026-11-26T01:50:30Z" level=info msg="Starting k3s v1.35.5+k3s1"`,
    `${at} E1126 01:51:27.280145     227 memcache.go:265] "Unhandled Error" err="connection refused"`,
    `${at} The connection to the server localhost:8080 was refused - did you specify the right host or port?`,
    `${at} Error: failed to validate kubelet configuration`,
    `${at} time="2026-11-26T01:50:33Z" level=fatal msg="Error: failed to find host-local"`,
    `${at} E1126 01:51:30.406584     237 memcache.go:265] "Unhandled Error" err="connection refused"`,
  ];
  expect(troublesIn(lines)).toEqual([
    'Error: failed to validate kubelet configuration',
    'level=fatal msg="Error: failed to find host-local"',
  ]);
});

test('what is said again and again is told once, and the newest is told', () => {
  const lines = Array.from({ length: 9 }, (_none, index) => `level=error msg="${Math.floor(index / 2)}"`);
  expect(troublesIn(lines)).toEqual(['2', '3', '4'].map((number) => `level=error msg="${number}"`));
});

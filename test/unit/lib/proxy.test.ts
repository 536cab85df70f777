import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { extraAuthorities } from '../../../src/lib/proxy.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'authorities-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the authorities that the environment names', () => {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('are those of OpenSSL, or of curl, with those that Node is told of', () => {
    const [openssl, curl, node] = [file('openssl', 'one'), file('curl', 'two'), file('node', 'three')];
    expect(extraAuthorities({ SSL_CERT_FILE: openssl, CURL_CA_BUNDLE: curl })).toBe('one');
    expect(extraAuthorities({ CURL_CA_BUNDLE: curl })).toBe('two');
    expect(extraAuthorities({ CURL_CA_BUNDLE: curl, NODE_EXTRA_CA_CERTS: node })).toBe('two\nthree');
  });

  test('are left to Node where it alone is told of them, or where they cannot be read', () => {
    expect(extraAuthorities({})).toBeUndefined();
    expect(extraAuthorities({ NODE_EXTRA_CA_CERTS: file('node', 'three') })).toBeUndefined();
    expect(extraAuthorities({ SSL_CERT_FILE: join(folder, 'nowhere') })).toBeUndefined();
    const openssl = file('openssl', 'one');
    expect(extraAuthorities({ SSL_CERT_FILE: openssl, NODE_EXTRA_CA_CERTS: join(folder, 'nowhere') })).toBe(
      'one',
    );
  });
});

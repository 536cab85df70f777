import { describe, expect, test } from 'vitest';
import { isLoopbackHost, refuseForeign } from '../../../../src/lib/http/guard.ts';

describe('the guard before every server', () => {
  test('lets loopback hosts in, by name and by address', () => {
    for (const host of [
      'localhost:1',
      '127.0.0.1:80',
      '127.44.0.7',
      '[::1]:8080',
      'storefront.staging.localhost:8406',
    ]) {
      expect(isLoopbackHost(host)).toBe(true);
      expect(refuseForeign({ host })).toBeUndefined();
    }
  });

  test('refuses hosts that only resolve to loopback (DNS rebinding)', () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', '']) {
      expect(refuseForeign({ host })).toMatchObject({ status: 421 });
    }
  });

  test('refuses requests that a page of another origin makes', () => {
    const host = '127.0.0.1:8401';
    expect(refuseForeign({ host, origin: 'http://127.0.0.1:8401' })).toBeUndefined();
    expect(refuseForeign({ host, origin: 'http://127.0.0.1:8402' })).toMatchObject({ status: 403 });
    expect(refuseForeign({ host, origin: 'null' })).toMatchObject({ status: 403 });
    expect(
      refuseForeign({ host, origin: 'http://127.0.0.1:8400' }, ['http://127.0.0.1:8400']),
    ).toBeUndefined();
  });
});

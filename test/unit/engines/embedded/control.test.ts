import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startControl } from '../../../../src/engines/embedded/control.ts';
import { PlaygroundError } from '../../../../src/lib/errors.ts';

describe('the control of a daemon', () => {
  let control: Awaited<ReturnType<typeof startControl>>;
  const calls: string[] = [];
  beforeEach(async () => {
    calls.length = 0;
    control = await startControl({
      fault: async ({ fault, broken }) => {
        calls.push(`${fault} ${String(broken)} begins`);
        await Promise.resolve();
        calls.push('and ends');
      },
      copy: () =>
        Promise.reject(new PlaygroundError({ code: 'disk-full', message: 'no room', hint: 'make some' })),
      replace: () => Promise.resolve(),
    });
  });
  afterEach(() => control.close());

  const send = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${control.port}/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${control.token}`, ...headers },
    });

  test('obeys one order after the other', async () => {
    const order = { fault: 'slow-git', broken: true };
    const answers = await Promise.all([send('fault', order), send('fault', order)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(calls).toEqual(['slow-git true begins', 'and ends', 'slow-git true begins', 'and ends']);
  });

  test('obeys nobody without the token, and no page of another site', async () => {
    expect((await send('replace', {}, { authorization: 'Bearer guess' })).status).toBe(401);
    expect((await send('replace', {}, { origin: 'http://example.org' })).status).toBe(403);
    expect((await send('constructor', {})).status).toBe(404);
  });

  test('answers a refusal with its words, and goes on', async () => {
    const answer = await send('copy', { folder: '/' });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ code: 'disk-full', message: 'no room', hint: 'make some' });
    expect((await send('replace', {})).status).toBe(200);
  });
});

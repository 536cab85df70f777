import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGuardedServer, listen, type Listener } from '../../../../src/lib/http/listen.ts';

let listener: Listener;
beforeEach(async () => {
  const server = createGuardedServer((_request, response) => response.end('here'));
  listener = await listen(server, { port: 0 });
});
afterEach(() => listener.close());

const ask = async () => (await fetch(`http://127.0.0.1:${listener.port}/`)).text();

test('refuses connections while it is suspended, and answers at the same port afterwards', async () => {
  expect(await ask()).toBe('here');
  await listener.suspend();
  await expect(ask()).rejects.toThrow();
  await listener.resume();
  await listener.resume();
  expect(await ask()).toBe('here');
});

test('tells when another program has taken the port meanwhile', async () => {
  await listener.suspend();
  const other = await listen(
    createGuardedServer(() => undefined),
    { port: listener.port },
  );
  await expect(listener.resume()).rejects.toMatchObject({ code: 'port-in-use' });
  await other.close();
  await listener.resume();
  expect(await ask()).toBe('here');
});

test('holds every request at a gate, and none when the gate is gone', async () => {
  const waiting: (() => void)[] = [];
  listener.slow(() => new Promise((resolve) => waiting.push(resolve)));
  const answers = [ask(), ask()];
  await expect.poll(() => waiting.length).toBe(2);
  for (const release of waiting) release();
  expect(await Promise.all(answers)).toEqual(['here', 'here']);
  listener.slow(undefined);
  expect(await ask()).toBe('here');
  expect(waiting).toHaveLength(2);
});

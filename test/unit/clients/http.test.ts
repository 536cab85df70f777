import { getEventListeners } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { createHttp, hasStatus, HttpStatusError } from '../../../src/clients/http.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test('paths are joined to the base, with a query, and the answer is JSON', async () => {
  const url = await serve((request, response) => response.end(JSON.stringify({ url: request.url })));
  const http = createHttp({ baseUrl: `${url}/api/v1/` });
  const query = { q: 'a b', page: 2, none: undefined };
  expect(await http.json('GET', '/repos', { query })).toEqual({ url: '/api/v1/repos?q=a+b&page=2' });
});

test('a refusal is an error that has the status and the message of the server', async () => {
  const url = await serve((_request, response) => response.writeHead(422).end('{"message":"name is taken"}'));
  const error = await createHttp({ baseUrl: url })
    .json('POST', 'users', { json: {} })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HttpStatusError);
  expect(error).toMatchObject({
    status: 422,
    url: `${url}/users`,
    message: expect.stringContaining('name is taken'),
  });
  expect(hasStatus(error, 404, 422)).toBe(true);
  expect(hasStatus(new Error('other'), 422)).toBe(false);
});

test('a status that is accepted is a result', async () => {
  const url = await serve((_request, response) => response.writeHead(404).end('nothing'));
  const response = await createHttp({ baseUrl: url }).request('GET', 'x', { accept: [404] });
  expect([response.status, response.text()]).toEqual([404, 'nothing']);
});

test('a connection is kept for the next request, or made anew where what is behind the address may change', async () => {
  const url = await serve((request, response) => response.end(String(request.socket.remotePort)));
  const connections = async (connectAnew: boolean) => {
    const http = createHttp({ baseUrl: url, connectAnew });
    const seen = new Set<string>();
    for (let request = 0; request < 3; request += 1) seen.add((await http.request('GET', '')).text());
    return seen.size;
  };
  expect([await connections(false), await connections(true)]).toEqual([1, 3]);
});

test('the authorization goes to the own origin alone', async () => {
  const listener: RequestListener = (request, response) =>
    response.end(request.headers.authorization ?? 'none');
  const [own, other] = [await serve(listener), await serve(listener)];
  const http = createHttp({ baseUrl: own, authorization: 'token secret' });
  expect((await http.request('GET', 'x')).text()).toBe('token secret');
  expect((await http.request('GET', `${other}/x`)).text()).toBe('none');
});

test('a broken connection is tried again for GET, and never for POST', async () => {
  let requests = 0;
  const url = await serve((request, response) => {
    requests += 1;
    if (requests % 2 === 1) request.socket.destroy();
    else response.end('there');
  });
  const http = createHttp({ baseUrl: url });
  expect((await http.request('GET', 'x')).text()).toBe('there');
  await expect(http.request('POST', 'x', { body: 'once' })).rejects.toThrow();
  expect(requests).toBe(3);
});

test('an answer that does not come in time is an error', async () => {
  const url = await serve(() => undefined);
  await expect(createHttp({ baseUrl: url, timeout: 50 }).request('GET', 'x')).rejects.toThrow(/Timeout/i);
});

test('bodies stream in both directions', async () => {
  const url = await serve((request, response) => request.pipe(response.writeHead(201)));
  const body = Readable.from([Buffer.from('a'), Buffer.from('b')]);
  const answer = await createHttp({ baseUrl: url }).stream('POST', 'x', { body });
  expect(answer.status).toBe(201);
  expect(Buffer.concat(await answer.body.toArray()).toString()).toBe('ab');
});

test('a stream that was read to its end listens to nothing any more', async () => {
  const url = await serve((_request, response) => response.end('all'));
  const { signal } = new AbortController();
  const { body } = await createHttp({ baseUrl: url }).stream('GET', 'x', { signal });
  expect(Buffer.concat(await body.toArray()).toString()).toBe('all');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a refusal of a stream is an error with its text', async () => {
  const url = await serve((_request, response) => response.writeHead(403).end('no'));
  const answer = createHttp({ baseUrl: url }).stream('GET', 'x');
  await expect(answer).rejects.toMatchObject({ status: 403, body: 'no' });
});

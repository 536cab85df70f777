import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { download } from '../../../src/lib/download.ts';
import { proxyFor } from '../../../src/lib/proxy.ts';
import { listen } from '../../../src/lib/http/listen.ts';
import { waitFor } from '../../../src/lib/wait.ts';

describe('a download', () => {
  const content = randomBytes(300_000);
  const sha256 = createHash('sha256').update(content).digest('hex');
  let folder: string;
  let file: string;
  const servers: Server[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'download-'));
    file = join(folder, 'tool');
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy']) {
      vi.stubEnv(name, undefined);
    }
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const serve = async (handler: RequestListener): Promise<string> => {
    const server = createServer(handler);
    servers.push(server);
    return `http://127.0.0.1:${(await listen(server, { port: 0 })).port}/tool`;
  };
  /** Resolves when something of the file is on disk. */
  const arrived = () =>
    waitFor(
      async () => {
        const size = statSync(`${file}.part`, { throwIfNoEntry: false })?.size ?? 0;
        return Promise.resolve(
          size > 0 ? { done: true, value: undefined } : { done: false, seen: 'nothing' },
        );
      },
      { what: 'a part of the file', limit: 10_000 },
    );
  const fetchFrom = (url: string, expected: string | null = sha256) =>
    download({ title: 'the tool 1.0', url, sha256: expected, file });

  test('arrives whole under its name, once', async () => {
    let calls = 0;
    const url = await serve((_request, response) => {
      calls += 1;
      response.end(content);
    });
    expect(await fetchFrom(url)).toBe(file);
    expect(readFileSync(file).equals(content)).toBe(true);
    await fetchFrom(url);
    expect(calls).toBe(1);
  });

  test('goes on where it was broken off', async () => {
    const ranges: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      ranges.push(request.headers.range);
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const end = ranges.length === 1 ? 100_000 : content.length;
      response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start });
      response.write(content.subarray(start, end));
      if (end === content.length) response.end();
      else void arrived().then(() => response.destroy());
    });
    await fetchFrom(url);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(ranges.length).toBe(2);
    expect(ranges[1]).toMatch(/^bytes=\d+-$/);
  });

  test('with another content than expected is thrown away', async () => {
    const url = await serve((_request, response) => response.end('a captive portal'));
    await expect(fetchFrom(url)).rejects.toMatchObject({
      code: 'checksum-wrong',
      message: expect.stringContaining(sha256) as string,
    });
    expect(existsSync(file)).toBe(false);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  test('of which a wrong part is left begins anew', async () => {
    writeFileSync(`${file}.part`, randomBytes(content.length + 10));
    const url = await serve((request, response) => {
      if (request.headers.range === undefined) response.end(content);
      else response.writeHead(416).end();
    });
    await expect(fetchFrom(url)).rejects.toMatchObject({ code: 'checksum-wrong' });
    await fetchFrom(url);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  test('that the server refuses names the address and what to do', async () => {
    const url = await serve((_request, response) => response.writeHead(404).end());
    await expect(fetchFrom(url)).rejects.toMatchObject({
      code: 'download-failed',
      message: expect.stringContaining(`${url}: the server answered 404`) as string,
      hint: expect.stringContaining('--bundle') as string,
    });
  });

  test('goes through the proxy of the environment', async () => {
    const url = await serve((_request, response) => response.end(content));
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, client, head: Buffer) => {
      asked.push(request.url ?? '');
      const { hostname, port } = new URL(`http://${request.url ?? ''}`);
      const target = connect(Number(port), hostname, () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        target.write(head);
        target.pipe(client).pipe(target);
      });
    });
    servers.push(proxy);
    const { port } = await listen(proxy, { port: 0 });
    vi.stubEnv('http_proxy', `http://127.0.0.1:${port}`);
    await fetchFrom(url);
    expect(asked).toEqual([new URL(url).host]);
  });
});

describe('the proxy for an address', () => {
  const env = { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: 'localhost, .internal.example,10.0.0.1' };

  test.each([
    ['https://get.helm.sh/helm.tgz', 'http://proxy.example:3128'],
    ['http://get.helm.sh/helm.tgz', undefined],
    ['https://localhost:8443', undefined],
    ['https://git.internal.example', undefined],
    ['https://internal.example.org', 'http://proxy.example:3128'],
    ['https://10.0.0.1/', undefined],
  ])('of %s is %s', (address, proxy) => {
    expect(proxyFor(address, env)).toBe(proxy);
  });
});

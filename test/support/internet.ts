import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { listen } from '../../src/lib/http/listen.ts';
import { isInstalled } from './programs.ts';

/** Whether certificates can be made here. */
export const internetPossible = isInstalled('openssl', 'version');

/** The hosts of the internet that a test knows, behind a proxy as companies have them: with a certificate authority of its own. */
export interface Internet {
  /** What a program needs in its environment to meet these hosts instead of the real ones, and no other. */
  readonly env: Readonly<Record<string, string>>;
  /** `HOST PATH` of every request, and `HOST refused` of every host that is not there. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** @param hosts what answers at each; the request's `url` is its path. */
export async function startInternet(
  folder: string,
  hosts: Readonly<Record<string, RequestListener>>,
): Promise<Internet> {
  mkdirSync(folder, { recursive: true });
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = Object.keys(hosts).map((host) => `DNS:${host}`);
  execaSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=test', '-addext', `subjectAltName=${names.join(',')}`],
    ...['-keyout', key, '-out', certificate],
  ]);
  const requests: string[] = [];
  const hostOf = (text = '') => text.replace(/:\d+$/, '');
  const secure = createSecureServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (request, response) => {
      const host = hostOf(request.headers.host);
      requests.push(`${host} ${request.url ?? ''}`);
      hosts[host]?.(request, response);
    },
  );
  const site = await listen(secure, { port: 0 });
  const open = new Set<Socket>();
  const proxy = createServer((_request, response) => response.writeHead(502).end());
  proxy.on('connect', (request, client: Socket, head: Buffer) => {
    const host = hostOf(request.url);
    if (hosts[host] === undefined) {
      requests.push(`${host} refused`);
      client.end('HTTP/1.1 502 there is no such host\r\n\r\n');
      return;
    }
    const server = connect(site.port, '127.0.0.1');
    for (const socket of [client, server]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    server.write(head);
    server.pipe(client).pipe(server);
  });
  const listener = await listen(proxy, { port: 0 });
  return {
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${listener.port}`,
      NO_PROXY: 'localhost,127.0.0.1',
      SSL_CERT_FILE: certificate,
    },
    requests,
    async close() {
      for (const socket of open) socket.destroy();
      await Promise.all([listener.close(), site.close()]);
    },
  };
}

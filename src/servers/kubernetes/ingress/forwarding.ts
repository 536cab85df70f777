import type { IncomingMessage } from 'node:http';

/** Headers that are about one connection and not about the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The headers of a message without those of its connection, in order and with all repetitions. */
export function endToEnd(message: IncomingMessage): [string, string][] {
  const named = (message.headers.connection ?? '').toLowerCase().split(/\s*,\s*/);
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = message.rawHeaders.slice(i, i + 2);
    const key = name.toLowerCase();
    if (!HOP_BY_HOP.has(key) && !named.includes(key)) pairs.push([name, value]);
  }
  return pairs;
}

/** What a pod is told of the request as it came to the ingress; what a client claims about that is dropped. */
export function forwardedHeaders(request: IncomingMessage, port: number): [string, string][] {
  const kept = endToEnd(request).filter(([name]) => !/^x-(forwarded-|real-ip$)/i.test(name));
  const client = request.socket.remoteAddress ?? '127.0.0.1';
  return [
    ...kept,
    ['X-Forwarded-For', client],
    ['X-Forwarded-Host', request.headers.host ?? ''],
    ['X-Forwarded-Port', String(port)],
    ['X-Forwarded-Proto', 'http'],
    ['X-Real-IP', client],
  ];
}

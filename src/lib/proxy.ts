import { readFileSync } from 'node:fs';
import type { Agent as PlainAgent } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for an address (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, in either case), or undefined
 * when there is none or NO_PROXY excepts the host: a host, a domain with everything below it, or `*`.
 */
export function proxyFor(address: string, env: Variables = process.env): string | undefined {
  const { protocol, hostname, port } = new URL(address);
  const read = (name: string) => env[name] ?? env[name.toUpperCase()];
  const excepted = (read('no_proxy') ?? '').split(/[\s,]+/).some((entry) => {
    const [name = '', wantedPort] = entry
      .toLowerCase()
      .replace(/^\*?\./, '')
      .split(':');
    if (name === '') return false;
    if (wantedPort !== undefined && wantedPort !== port) return false;
    return name === '*' || hostname === name || hostname.endsWith(`.${name}`);
  });
  if (excepted) return undefined;
  const proxy = read(protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? read('all_proxy');
  if (proxy === undefined || proxy === '') return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Agents that go through the proxy of an address, as `got` takes them; none where no proxy is to be used. */
export function proxyAgents(
  address: string,
  env: Variables = process.env,
): { http?: PlainAgent; https?: SecureAgent } {
  const proxy = proxyFor(address, env);
  if (proxy === undefined) return {};
  const options = { proxy, keepAlive: false };
  return { http: new HttpProxyAgent(options), https: new HttpsProxyAgent(options) };
}

/**
 * The certificate authorities that curl and OpenSSL are told of, for those who come from there, and with them those that Node is told
 * of beside its own; undefined where only Node is told, which reads them itself.
 */
export function extraAuthorities(env: Variables = process.env): string | undefined {
  const told = contentOf(env.SSL_CERT_FILE ?? env.CURL_CA_BUNDLE);
  if (told === undefined) return undefined;
  return [told, contentOf(env.NODE_EXTRA_CA_CERTS)].filter((text) => text !== undefined).join('\n');
}

/** What a program that asks the internet itself has to have of the environment: the proxy, and whose certificates to trust. */
export function internetEnvironment(env: Variables = process.env): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
  const kept = [...names, ...names.map((name) => name.toUpperCase())].map((name) => [name, env[name]]);
  const authorities = env.SSL_CERT_FILE ?? env.CURL_CA_BUNDLE ?? env.NODE_EXTRA_CA_CERTS;
  const all = [...kept, ['SSL_CERT_FILE', authorities]];
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** What a file holds that the environment names; one that is not there makes the connection fail with its own words. */
function contentOf(file: string | undefined): string | undefined {
  try {
    return file === undefined || file === '' ? undefined : readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

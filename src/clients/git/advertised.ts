import { createHttp } from '../http.ts';
import { gitAgent } from './agent.ts';

/** A reference as a server offers it. */
export interface AdvertisedReference {
  /** Full name, or `HEAD`. */
  readonly ref: string;
  /** The object that it names. */
  readonly id: string;
  /** What an annotated tag means in the end, where `id` is the tag itself. */
  readonly peeled?: string;
}

/**
 * The references of a repository as the server offers them for a fetch, by one request (gitprotocol-http, "Smart Clients",
 * version 0).
 * @param options.url of the repository, without credentials.
 * @throws HttpStatusError; Error when it is no Git server that answers.
 */
export async function advertisedReferences(options: {
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<AdvertisedReference[]> {
  const { url, authorization, signal } = options;
  const http = createHttp({ baseUrl: url, ...(authorization === undefined ? {} : { authorization }) });
  const response = await http.request('GET', 'info/refs', {
    query: { service: 'git-upload-pack' },
    headers: { 'user-agent': gitAgent() },
    ...(signal === undefined ? {} : { signal }),
  });
  const found = new Map<string, AdvertisedReference>();
  for (const line of packetLines(response.body)) {
    const [, id = '', name = ''] = /^([0-9a-f]{40,64}) ([^\0\n]+)/.exec(line) ?? [];
    // Offered in the place of a first reference where there is none.
    if (name === '' || name === 'capabilities^{}') continue;
    const ref = name.replace(/\^\{\}$/, '');
    const tag = found.get(ref);
    // The peeled tag (`refs/tags/v1^{}`) comes after the tag itself.
    found.set(ref, tag === undefined ? { ref, id } : { ...tag, peeled: id });
  }
  return [...found.values()];
}

/** The payloads of pkt-lines (gitprotocol-common), without flush packets and the service line. */
function packetLines(body: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at + 4 <= body.length;) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (Number.isNaN(length)) throw new Error('the server did not answer as a git server');
    if (length >= 4) lines.push(body.toString('utf8', at + 4, at + length));
    at += Math.max(length, 4);
  }
  return lines.filter((line) => !line.startsWith('# '));
}

import { createHttp } from '../../../clients/http.ts';
import { authorizationOf, git, loginEnvironment, type GitCall, type Login } from './git.ts';

/**
 * The refs of a remote by name, with the commits they point to. Over HTTP the advertisement is read without a git process
 * (gitprotocol-http, "smart clients", version 0); other remotes are asked by `git ls-remote`.
 */
export async function listRefs(
  remote: string,
  login: Login | undefined,
  call: GitCall,
): Promise<Map<string, string>> {
  if (!/^https?:\/\//.test(remote)) {
    const output = await git(['ls-remote', '--', remote], {
      ...call,
      env: { ...call.env, ...loginEnvironment(login) },
    });
    return refsOfLines(output.toString('utf8').split('\n'));
  }
  const authorization = authorizationOf(login);
  const http = createHttp({ baseUrl: remote, ...(authorization === undefined ? {} : { authorization }) });
  const response = await http.request('GET', 'info/refs', {
    query: { service: 'git-upload-pack' },
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  return refsOfLines(pktLines(response.body));
}

/** The payloads of pkt-lines (gitprotocol-common), without flush packets and the service line. */
function pktLines(body: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at + 4 <= body.length;) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (Number.isNaN(length)) throw new Error('the server did not answer as a git server');
    if (length >= 4) lines.push(body.toString('utf8', at + 4, at + length));
    at += Math.max(length, 4);
  }
  return lines.filter((line) => !line.startsWith('# '));
}

function refsOfLines(lines: readonly string[]): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of lines) {
    const [, revision, name] = /^([0-9a-f]{40,64})[ \t]([^\0\n]+)/.exec(line) ?? [];
    if (revision === undefined || name === undefined || name === 'capabilities^{}') continue;
    // A peeled tag (`refs/tags/v1^{}`) comes after the tag itself and says which commit it means.
    refs.set(name.replace(/\^\{\}$/, ''), revision);
  }
  return refs;
}

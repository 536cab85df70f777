import { advertisedReferences } from '../../../clients/git/advertised.ts';
import { authorizationOf, git, loginEnvironment, type GitCall, type Login } from './git.ts';

/**
 * The refs of a remote by name, with the commits they point to. Over HTTP the advertisement is read without a git process;
 * other remotes are asked by `git ls-remote`.
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
  const options = { url: remote, authorization: authorizationOf(login), signal: call.signal };
  const offered = await advertisedReferences(options);
  return new Map(offered.map(({ ref, id, peeled }) => [ref, peeled ?? id]));
}

function refsOfLines(lines: readonly string[]): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of lines) {
    const [, revision, name] = /^([0-9a-f]{40,64})\t(.+)/.exec(line) ?? [];
    if (revision === undefined || name === undefined) continue;
    // A peeled tag (`refs/tags/v1^{}`) comes after the tag itself and says which commit it means.
    refs.set(name.replace(/\^\{\}$/, ''), revision);
  }
  return refs;
}

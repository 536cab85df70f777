import { invalid } from '../../config/load.ts';
import { engineOf } from '../../engines/select.ts';
import { requireEndpoints } from '../../flow/playground.ts';
import type { CommandContext } from '../command.ts';

/** `env`: lines for `eval "$(gitops-playground env)"`. */
export async function run({ name, output, problems }: CommandContext): Promise<number> {
  if (problems.length > 0) throw invalid(problems);
  const { kubernetes, git, registry, ci, gitops } = await requireEndpoints(await engineOf(name), name);
  const variables: Record<string, string> = {
    KUBECONFIG: kubernetes.kubeconfig,
    GITOPS_PLAYGROUND_NAME: name,
    GITOPS_PLAYGROUND_GIT: git.url,
    GITOPS_PLAYGROUND_REGISTRY: registry.host,
    GITOPS_PLAYGROUND_CI: ci.url,
    GITOPS_PLAYGROUND_GITOPS: gitops.url,
    GITOPS_PLAYGROUND_USERNAME: git.username,
    GITOPS_PLAYGROUND_PASSWORD: git.password,
  };
  if (output.json) output.result(variables);
  else for (const [key, value] of Object.entries(variables)) output.raw(`export ${key}=${quote(value)}\n`);
  return 0;
}

/** Quotes a value for POSIX shells. */
function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

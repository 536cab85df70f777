import { HttpStatusError } from '../clients/http.ts';
import { KubernetesError } from '../clients/kubernetes.ts';
import { RegistryError } from '../clients/registry.ts';
import { PlaygroundError, messageOf, systemCode } from '../lib/errors.ts';
import { WaitTimeout } from '../lib/wait.ts';

const lookHint = 'see how the parts are: gitops-playground status, and what they say: gitops-playground logs';
const brokenConnection = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'];

/**
 * What a part of the playground answered, or that it did not answer, as an error for a person. Undefined for anything
 * else, which then is a mistake in this program.
 */
export function explainPart(error: unknown): PlaygroundError | undefined {
  if (error instanceof WaitTimeout) return told('timed-out', error);
  if (
    error instanceof HttpStatusError ||
    error instanceof KubernetesError ||
    error instanceof RegistryError
  ) {
    return told('part-refused', error);
  }
  if (brokenConnection.includes(systemCode(error) ?? '')) return told('part-silent', error);
  return undefined;
}

function told(code: string, cause: unknown): PlaygroundError {
  return new PlaygroundError({ code, message: messageOf(cause), hint: lookHint, cause });
}

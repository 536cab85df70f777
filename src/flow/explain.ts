import { HttpStatusError, hasStatus } from '../clients/http.ts';
import { KubernetesError } from '../clients/kubernetes.ts';
import { RegistryError } from '../clients/registry.ts';
import { PlaygroundError, messageOf, systemCode } from '../lib/errors.ts';
import { WaitTimeout } from '../lib/wait.ts';

const lookHint = 'see how the parts are: gitops-playground status, and what they say: gitops-playground logs';
const brokenConnection = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'];
/** What a proxy answers in the place of a part that is away, and Jenkins in its own while it starts. */
const startsAnew = [502, 503, 504];

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
  if (isSilent(error)) return told('part-silent', error);
  return undefined;
}

/** Whether a part did not answer, or that it is not there yet: what a pod that begins anew looks like. */
export function isAway(error: unknown): boolean {
  return isSilent(error) || hasStatus(error, ...startsAnew);
}

/** A part that stays away, by its name as in "… does not answer". */
export function stayedAway(part: string, cause: unknown): PlaygroundError {
  const message = `${part} does not answer: ${messageOf(cause)}`;
  return new PlaygroundError({ code: 'part-silent', message, hint: lookHint, cause });
}

function isSilent(error: unknown): boolean {
  return brokenConnection.includes(systemCode(error) ?? '');
}

function told(code: string, cause: unknown): PlaygroundError {
  return new PlaygroundError({ code, message: messageOf(cause), hint: lookHint, cause });
}

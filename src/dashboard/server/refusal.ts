import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { HttpStatusError } from '../../clients/http.ts';
import { KubernetesError } from '../../clients/kubernetes.ts';
import { explainPart } from '../../flow/explain.ts';
import { PlaygroundError, messageOf } from '../../lib/errors.ts';

/** The dashboard says no. */
export class Refusal extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(status: ContentfulStatusCode, code: string, message: string, hint?: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** Whatever went wrong, as the page is told. A part that says no is passed on; one that does not answer is a 502. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof HttpStatusError)
    return new Refusal(passedOn(error.status), 'part-refused', reasonOf(error));
  if (error instanceof KubernetesError && error.reason === 'NotFound')
    return new Refusal(404, 'not-found', error.message);
  const known = error instanceof PlaygroundError ? error : explainPart(error);
  if (known === undefined) return new Refusal(500, 'internal', messageOf(error));
  const isSilent = known.code === 'part-silent' || known.code === 'timed-out';
  return new Refusal(isSilent ? 502 : 409, known.code, known.message, known.hint);
}

function passedOn(status: number): ContentfulStatusCode {
  const known = [400, 403, 404, 405, 409, 422] as const;
  return known.find((candidate) => candidate === status) ?? 502;
}

/** What the part has said, without the address that was asked. */
function reasonOf(error: HttpStatusError): string {
  return error.message.replace(/^\S+ \S+ answered (\d+): /, '');
}

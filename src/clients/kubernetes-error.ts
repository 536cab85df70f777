import { HttpStatusError } from './http.ts';

/** One thing that is wrong with an object. */
export interface KubernetesCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** The API server said no: its `Status`, typed. */
export class KubernetesError extends Error {
  /** The HTTP status code. */
  readonly code: number;
  /** `NotFound`, `Conflict`, `Invalid`, …; `Unknown` when the answer was no Status. */
  readonly reason: string;
  readonly causes: readonly KubernetesCause[];

  constructor(
    code: number,
    reason: string,
    message: string,
    causes: readonly KubernetesCause[] = [],
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KubernetesError';
    this.code = code;
    this.reason = reason;
    this.causes = causes;
  }
}

interface Status {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: { readonly causes?: readonly KubernetesCause[] };
}

/** Reads a `Status` object, as error answers and watch errors carry it. */
export function errorOfStatus(status: Status, code = status.code ?? 500, cause?: unknown): KubernetesError {
  return new KubernetesError(
    status.code ?? code,
    status.reason ?? 'Unknown',
    status.message ?? `the API server answered ${code}`,
    status.details?.causes,
    cause,
  );
}

/** The same error with the API's own reason, when it is an answer of the API server. */
export function explained(error: unknown): unknown {
  if (!(error instanceof HttpStatusError)) return error;
  try {
    const status = JSON.parse(error.body) as Status;
    if (status.kind === 'Status') return errorOfStatus(status, error.status, error);
  } catch {
    // Not the API server's own words: a proxy, perhaps.
  }
  return new KubernetesError(error.status, 'Unknown', error.message, [], error);
}

/** Whether an error is the API server's, for one of these reasons. */
export function hasReason(error: unknown, ...reasons: string[]): error is KubernetesError {
  return error instanceof KubernetesError && reasons.includes(error.reason);
}

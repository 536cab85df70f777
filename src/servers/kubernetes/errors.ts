/** Why a request was refused, in the words of the API (`reason` of a `Status`, API conventions). */
export type StatusReason =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'NotFound'
  | 'RequestEntityTooLarge'
  | 'ServiceUnavailable'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'UnsupportedMediaType';

const CODES: Readonly<Record<StatusReason, number>> = {
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Expired: 410,
  Forbidden: 403,
  InternalError: 500,
  Invalid: 422,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  NotFound: 404,
  RequestEntityTooLarge: 413,
  ServiceUnavailable: 503,
  TooManyRequests: 429,
  Unauthorized: 401,
  UnsupportedMediaType: 415,
};

/** One thing that is wrong with an object, by the path of its field. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The one error of the Kubernetes API; every refused request ends as its `Status`. */
export class ApiError extends Error {
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;

  constructor(reason: StatusReason, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'ApiError';
    this.reason = reason;
    this.details = details;
  }

  /** The HTTP status code that belongs to the reason. */
  get code(): number {
    return CODES[this.reason];
  }

  toStatus(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** What errors name: `deployments.apps`, or `pods` in the core group. */
function qualified({ group, resource }: { group: string; resource: string }): string {
  return group === '' ? resource : `${resource}.${group}`;
}

interface Typed {
  readonly group: string;
  readonly resource: string;
}

function about(type: Typed, name: string): StatusDetails {
  return { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.resource };
}

export function notFound(type: Typed, name: string): ApiError {
  return new ApiError('NotFound', `${qualified(type)} "${name}" not found`, about(type, name));
}

export function alreadyExists(type: Typed, name: string): ApiError {
  return new ApiError('AlreadyExists', `${qualified(type)} "${name}" already exists`, about(type, name));
}

export function conflict(type: Typed, name: string, why: string): ApiError {
  return new ApiError(
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(type)} "${name}": ${why}`,
    about(type, name),
  );
}

/** The stale-write conflict that every client knows how to retry. */
export function modified(type: Typed, name: string): ApiError {
  return conflict(
    type,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

export function forbidden(type: Typed, name: string, why: string): ApiError {
  return new ApiError('Forbidden', `${qualified(type)} "${name}" is forbidden: ${why}`, about(type, name));
}

/** The object breaks rules of its kind; every cause is told. */
export function invalid(
  kind: { readonly kind: string; readonly group: string },
  name: string,
  causes: readonly StatusCause[],
): ApiError {
  const lines = causes.map((cause) =>
    cause.field === undefined ? cause.message : `${cause.field}: ${cause.message}`,
  );
  const what = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const list = lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`;
  return new ApiError('Invalid', `${what} "${name}" is invalid: ${list}`, {
    name,
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.kind,
    causes,
  });
}

export function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

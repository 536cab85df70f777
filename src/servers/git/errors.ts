/** A refusal that the client is told: the Git server's one error type, rendered as Gitea's `{ message, url }`. */
export class GitServerError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'GitServerError';
    this.status = status;
    this.headers = headers;
  }
}

export function badRequest(message: string): GitServerError {
  return new GitServerError(400, message);
}

/** 401 that makes git and browsers ask for a name and a password. */
export function unauthorized(message: string): GitServerError {
  return new GitServerError(401, message, {
    'www-authenticate': 'Basic realm="Git server", charset="UTF-8"',
  });
}

export function forbidden(message: string): GitServerError {
  return new GitServerError(403, message);
}

export function notFound(message = 'The target could not be found.'): GitServerError {
  return new GitServerError(404, message);
}

export function conflict(message: string): GitServerError {
  return new GitServerError(409, message);
}

export function invalid(message: string): GitServerError {
  return new GitServerError(422, message);
}

/** Gitea's error body. */
export function errorBody(message: string, url: string): { message: string; url: string } {
  return { message, url: `${url}/api/swagger` };
}

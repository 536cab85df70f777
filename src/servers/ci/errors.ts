/** What a request could not have, as Jenkins says it: a status, and a sentence in the page and in `X-Error`. */
export class JenkinsError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'JenkinsError';
    this.status = status;
  }
}

export const notFound = (what: string) => new JenkinsError(404, `${what} was not found`);

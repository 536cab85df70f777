import type { ServerResponse } from 'node:http';

/** Error codes of the distribution specification ("Error Codes"), and the few that every registry adds. */
export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'UNAUTHORIZED'
  | 'UNKNOWN'
  | 'UNSUPPORTED';

/** A request that the registry refuses; rendered as the OCI error list. */
export class RegistryRefusal extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'RegistryRefusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Answers with `{"errors":[{"code","message"}]}`; a request without a body in its answer (HEAD) gets the status alone. */
export function sendRefusal(response: ServerResponse, refusal: RegistryRefusal): void {
  const body = JSON.stringify({ errors: [{ code: refusal.code, message: refusal.message }] });
  response.writeHead(refusal.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...refusal.headers,
  });
  response.end(body);
}

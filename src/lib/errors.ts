/** What a PlaygroundError is made of; `hint` is something that the person can run or change. */
export interface ErrorDetails {
  /** Stable, kebab-case, for scripts: `port-in-use`, `git-missing`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The one error that is meant for a person. Everything else that reaches `cli/main` is a bug and says so. */
export class PlaygroundError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor({ code, message, hint, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PlaygroundError';
    this.code = code;
    this.hint = hint;
  }
}

/** The message of anything that was thrown, with all its lines. */
export function wholeMessageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The same on one line. */
export function messageOf(error: unknown): string {
  return wholeMessageOf(error)
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
}

/** Its first line, where it says what happened; further ones explain it. */
export function headlineOf(error: unknown): string {
  return wholeMessageOf(error).trim().split('\n')[0] ?? '';
}

/** The `code` of a Node system error (`ENOENT`, `EADDRINUSE`), if it is one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether writing failed because the disk is full, over its quota, or read-only: what waits for a person, not a bug. */
export function isStorageFailure(error: unknown): boolean {
  if (error instanceof PlaygroundError && error.code === 'disk-full') return true;
  if (['ENOSPC', 'EDQUOT', 'EROFS'].includes(systemCode(error) ?? '')) return true;
  return error instanceof Error && error.cause !== undefined && isStorageFailure(error.cause);
}

/** A failed write in the words of a person; every other error as it is. */
export function explainStorage(error: unknown, file: string): unknown {
  if (!isStorageFailure(error) || error instanceof PlaygroundError) return error;
  const readOnly = [error, (error as Error).cause].some((reason) => systemCode(reason) === 'EROFS');
  return new PlaygroundError({
    code: 'disk-full',
    message: `cannot write ${file}: the disk is ${readOnly ? 'read-only' : 'full'}`,
    hint: readOnly
      ? 'make that disk writable again; nothing that was acknowledged is lost'
      : 'free some space on that disk, then try again; nothing that was acknowledged is lost',
    cause: error,
  });
}

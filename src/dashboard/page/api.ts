import { signal } from '@preact/signals';

const STORED = 'gitops-playground-key';

/** The key of the playground, kept by this origin alone; empty while nobody is logged in. */
export const key = signal(localStorage.getItem(STORED) ?? '');

export function keepKey(value: string): void {
  if (value === '') localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, value);
  key.value = value;
}

/** Takes the key out of the address, where `open` puts it, so that nobody reads it there. */
export function takeKeyFromAddress(): void {
  const match = /^#key=([\w-]+)$/.exec(location.hash);
  if (match === null) return;
  keepKey(match[1] ?? '');
  history.replaceState(null, '', '#/');
}

/** The server, or a part behind it, said no; or nobody answered. */
export class Problem extends Error {
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint?: string) {
    super(message);
    this.name = 'Problem';
    this.status = status;
    this.hint = hint;
  }
}

/** One request with the key. @throws Problem; DOMException `AbortError` */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = {
    authorization: `Bearer ${key.value}`,
    ...(init.headers as Record<string, string> | undefined),
  };
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException) throw error;
    throw new Problem(
      0,
      'The playground does not answer.',
      'It may be starting again; or start it: gitops-playground up',
    );
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string; hint?: string } };
  // A key of another playground, which had this address before.
  if (response.status === 401 && path !== '/api/login') keepKey('');
  throw new Problem(
    response.status,
    body.error?.message ?? `the server answered ${response.status}`,
    body.error?.hint,
  );
}

export async function getJson<T>(path: string, abort?: AbortSignal): Promise<T> {
  return (await (await request(path, abort === undefined ? {} : { signal: abort })).json()) as T;
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return (await (await request(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as T;
}

/** Where the server tells of a repository. */
export function apiOf(repository: string): string {
  return `/api/repositories/${encodeURIComponent(repository)}`;
}

import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { systemCode } from '../../lib/errors.ts';
import { parseAuthorization } from '../../lib/http/auth.ts';
import { equalSecrets } from '../../lib/secrets.ts';

export interface User {
  readonly username: string;
  readonly password: string;
  /** Requests with it in place of the password need no crumb. */
  readonly apiToken?: string;
}

/** Who asks, and how that was shown. */
export interface Identity {
  readonly username: string;
  readonly by: 'session' | 'password' | 'token';
}

export const CRUMB_FIELD = 'Jenkins-Crumb';
const COOKIE_NAME = 'JSESSIONID';
/** Milliseconds. */
const SESSION_LIFE = 30 * 24 * 3600 * 1000;

/**
 * Users, sessions and crumbs. A session is a signed cookie, and a crumb is derived from it, so both survive a restart. As on
 * Jenkins: a POST with a password or a session needs a crumb that fits the session cookie sent along; one with an API token needs none.
 */
export class Auth {
  readonly #users: ReadonlyMap<string, User>;
  readonly #key: Buffer;

  constructor(folder: string, users: readonly User[]) {
    this.#users = new Map(users.map((user) => [user.username, user]));
    this.#key = loadKey(join(folder, 'secret.key'));
  }

  /** Who sent the request; undefined is the anonymous user. `wrong` when credentials were given and are not right. */
  identify(request: IncomingMessage): Identity | 'wrong' | undefined {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const given = parseAuthorization(authorization);
      if (given?.scheme !== 'basic') return 'wrong';
      return this.check(given.username, given.password) ?? 'wrong';
    }
    const session = this.sessionOf(request);
    return session === undefined ? undefined : { username: session.username, by: 'session' };
  }

  check(username: string, password: string): Identity | undefined {
    const user = this.#users.get(username);
    // An unknown user takes as long as a known one.
    const fits = equalSecrets(password, user?.password ?? '\0');
    const isToken = user?.apiToken !== undefined && equalSecrets(password, user.apiToken);
    if (user === undefined || !(fits || isToken)) return undefined;
    return { username, by: isToken ? 'token' : 'password' };
  }

  newSession(username: string): { readonly cookie: string; readonly header: string } {
    const content = `${Buffer.from(username).toString('base64url')}.${Date.now() + SESSION_LIFE}.${randomBytes(12).toString('hex')}`;
    const cookie = `${content}.${this.#sign('session', content)}`;
    return { cookie, header: `${COOKIE_NAME}=${cookie}; Path=/; HttpOnly; SameSite=Lax` };
  }

  endSession(): string {
    return `${COOKIE_NAME}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;
  }

  sessionOf(request: IncomingMessage): { readonly username: string; readonly cookie: string } | undefined {
    const cookie = cookieOf(request.headers.cookie, COOKIE_NAME);
    if (cookie === undefined) return undefined;
    const [name = '', expires = '', nonce = '', signature = ''] = cookie.split('.');
    const fits = equalSecrets(signature, this.#sign('session', `${name}.${expires}.${nonce}`));
    const username = Buffer.from(name, 'base64url').toString('utf8');
    if (!fits || Number(expires) < Date.now() || !this.#users.has(username)) return undefined;
    return { username, cookie };
  }

  crumb(sessionCookie: string): string {
    return this.#sign('crumb', sessionCookie);
  }

  /** Whether a POST may change something. */
  hasValidCrumb(request: IncomingMessage, identity: Identity, crumb: string | undefined): boolean {
    if (identity.by === 'token') return true;
    const session = this.sessionOf(request);
    if (session?.username !== identity.username || crumb === undefined) return false;
    return equalSecrets(crumb, this.crumb(session.cookie));
  }

  #sign(purpose: string, text: string): string {
    return createHmac('sha256', this.#key).update(`${purpose}\0${text}`).digest('hex');
  }
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [key, value] = part.trim().split('=');
    if (key === name && value !== undefined) return value;
  }
  return undefined;
}

function loadKey(file: string): Buffer {
  try {
    return Buffer.from(readFileSync(file, 'utf8'), 'hex');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    const key = randomBytes(32);
    writeFileSync(file, key.toString('hex'), { mode: 0o600 });
    return key;
  }
}

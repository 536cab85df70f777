import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { readFileIfExists, writeFileAtomic } from '../../lib/fs.ts';
import { parseAuthorization } from '../../lib/http/auth.ts';
import { equalSecrets, randomSecret } from '../../lib/secrets.ts';
import { isRecord } from './objects.ts';

export interface User {
  readonly username: string;
  readonly password: string;
}

/** Seconds that a token is good for. */
const LIFETIME = 24 * 3600;
const ISSUER = 'argocd';

/** Logins and the tokens that they give (JWT, HS256). The key is kept, so tokens outlive a restart. */
export class Sessions {
  readonly #users: readonly User[];
  readonly #key: string;

  private constructor(users: readonly User[], key: string) {
    this.#users = users;
    this.#key = key;
  }

  static async open(dataDir: string, users: readonly User[]): Promise<Sessions> {
    const file = join(dataDir, 'session-key');
    let key = await readFileIfExists(file);
    if (key === undefined || key.length < 32) {
      key = randomSecret(48);
      await writeFileAtomic(file, key);
    }
    return new Sessions(users, key);
  }

  /** Whether anybody can log in at all. */
  get hasUsers(): boolean {
    return this.#users.length > 0;
  }

  /** A token for a user with the right password. */
  login(username: string, password: string, now = Date.now()): string | undefined {
    const user = this.#users.find((each) => each.username === username);
    // A password is compared also for unknown users, so that the time tells nothing about names.
    const isRight = equalSecrets(password, user?.password ?? this.#key);
    if (user === undefined || !isRight) return undefined;
    const issued = Math.floor(now / 1000);
    return this.#sign({ iss: ISSUER, sub: username, iat: issued, nbf: issued, exp: issued + LIFETIME });
  }

  /** The user behind an Authorization header or an `argocd.token` cookie; undefined for nobody. */
  identify(
    authorization: string | undefined,
    cookie: string | undefined,
    now = Date.now(),
  ): string | undefined {
    const given = parseAuthorization(authorization);
    if (given?.scheme === 'basic') {
      return this.login(given.username, given.password, now) === undefined ? undefined : given.username;
    }
    const token = given?.token ?? /(?:^|;\s*)argocd\.token=([^;]+)/.exec(cookie ?? '')?.[1];
    return token === undefined ? undefined : this.#verify(token, now);
  }

  #sign(claims: Readonly<Record<string, unknown>>): string {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    return `${content}.${this.#mac(content)}`;
  }

  #verify(token: string, now: number): string | undefined {
    const [header = '', claims = '', mac = ''] = token.split('.');
    if (!equalSecrets(mac, this.#mac(`${header}.${claims}`))) return undefined;
    try {
      const read = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as unknown;
      if (!isRecord(read) || typeof read['exp'] !== 'number' || read['exp'] * 1000 < now) return undefined;
      const name = read['sub'];
      return this.#users.some(({ username }) => username === name) ? String(name) : undefined;
    } catch {
      return undefined;
    }
  }

  #mac(content: string): string {
    return createHmac('sha256', this.#key).update(content).digest('base64url');
  }
}

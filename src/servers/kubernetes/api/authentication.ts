import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { parseAuthorization } from '../../../lib/http/auth.ts';
import { equalSecrets } from '../../../lib/secrets.ts';
import type { Cluster } from '../cluster.ts';
import { ApiError } from '../errors.ts';
import { asObject } from '../storage/json.ts';

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A bearer token that stands for a user, for as long as the server runs with it. */
export interface StaticToken {
  readonly token: string;
  readonly user: string;
  /** `system:masters` may do everything. */
  readonly groups: readonly string[];
}

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const SERVICE_ACCOUNTS = { group: '', resource: 'serviceaccounts' };

interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly iat: number;
  readonly exp: number;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Knows users by their bearer tokens: the configured ones, and those that were issued to service accounts. */
export class Authenticator {
  readonly #tokens: readonly StaticToken[];
  readonly #key: string;
  readonly #cluster: Cluster;

  /** @param key signs the tokens of service accounts. */
  constructor(tokens: readonly StaticToken[], key: string, cluster: Cluster) {
    this.#tokens = tokens;
    this.#key = key;
    this.#cluster = cluster;
  }

  /**
   * Who asks. Without a token it is the anonymous user.
   * @throws ApiError `Unauthorized` for a token that nobody has.
   */
  identify(headers: IncomingHttpHeaders): User {
    if (headers.authorization === undefined) return ANONYMOUS;
    const authorization = parseAuthorization(headers.authorization);
    const user = authorization?.scheme === 'bearer' ? this.review(authorization.token) : undefined;
    if (user === undefined) throw new ApiError('Unauthorized', 'Unauthorized');
    return user;
  }

  /** The user of a token, undefined when there is none. */
  review(token: string): User | undefined {
    // Every token is compared, so that the time tells nothing about which one was near.
    let found: User | undefined;
    for (const known of this.#tokens) {
      if (equalSecrets(token, known.token)) {
        found = { name: known.user, groups: [...known.groups, 'system:authenticated'] };
      }
    }
    return found ?? this.#serviceAccount(token);
  }

  /** Issues a token to a service account; `lifetime` in seconds. */
  issue(
    account: { namespace: string; name: string; uid: string },
    lifetime: number,
    audiences: readonly string[],
  ) {
    const iat = Math.floor(Date.now() / 1000);
    const claims: Claims = {
      iss: ISSUER,
      sub: `system:serviceaccount:${account.namespace}:${account.name}`,
      aud: audiences.length === 0 ? [ISSUER] : audiences,
      iat,
      exp: iat + lifetime,
      ...account,
    };
    const content = [{ alg: 'HS256', typ: 'JWT' }, claims].map(encode).join('.');
    return { token: `${content}.${this.#sign(content)}`, expires: new Date(claims.exp * 1000) };
  }

  #serviceAccount(token: string): User | undefined {
    const parts = token.split('.');
    const [header = '', payload = '', signature = ''] = parts;
    if (parts.length !== 3 || !equalSecrets(signature, this.#sign(`${header}.${payload}`))) return undefined;
    const claims = asObject(
      JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')),
    ) as unknown as Claims;
    if (claims.exp * 1000 < Date.now() || !claims.aud.includes(ISSUER)) return undefined;
    const account = this.#cluster.get(SERVICE_ACCOUNTS, claims.namespace, claims.name);
    if (account?.metadata.uid !== claims.uid) return undefined;
    return {
      name: claims.sub,
      uid: claims.uid,
      groups: [
        'system:serviceaccounts',
        `system:serviceaccounts:${claims.namespace}`,
        'system:authenticated',
      ],
    };
  }

  #sign(content: string): string {
    return createHmac('sha256', this.#key).update(content).digest('base64url');
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

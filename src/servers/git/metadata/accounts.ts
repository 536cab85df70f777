import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { parseAuthorization } from '../../../lib/http/auth.ts';
import { equalSecrets } from '../../../lib/secrets.ts';
import { badRequest, conflict, invalid, notFound, unauthorized } from '../errors.ts';
import type { Access, OrganizationRecord, RepositoryRecord, TokenRecord, UserRecord } from './model.ts';
import { checkOwnerName } from './names.ts';
import { hashPassword, PasswordCheck } from './passwords.ts';
import type { Store } from './store.ts';

export interface Administrator {
  readonly username: string;
  readonly password: string;
  readonly email: string;
}

export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly email: string;
  readonly fullName?: string;
  readonly admin?: boolean;
}

/** Who sends a request, and whether by password: tokens are managed with passwords only. */
export interface Viewer {
  readonly user: UserRecord;
  readonly byPassword: boolean;
}

const RANK: Readonly<Record<Access, number>> = { read: 1, write: 2, admin: 3 };

/** Users, tokens and organizations, and what each may do. */
export class Accounts {
  readonly #store: Store;
  readonly #passwords = new PasswordCheck();
  readonly #administrator: Administrator;

  /** The administrator of the options is made or updated; its password is kept in memory only. */
  constructor(store: Store, administrator: Administrator) {
    this.#store = store;
    this.#administrator = administrator;
    const { username, email } = administrator;
    const existing = this.findUser(username);
    if (existing === undefined) checkOwnerName(username);
    if (existing === undefined || !existing.admin || existing.email !== email) {
      store.commit([
        'put',
        'users',
        {
          id: existing?.id ?? store.nextId(),
          login: existing?.login ?? username,
          email,
          fullName: existing?.fullName ?? '',
          admin: true,
          created: existing?.created ?? new Date().toISOString(),
        },
      ]);
    }
  }

  findUser(login: string): UserRecord | undefined {
    const wanted = login.toLowerCase();
    return this.#store.find('users', (user) => user.login.toLowerCase() === wanted);
  }

  findUserByEmail(email: string): UserRecord | undefined {
    const wanted = email.toLowerCase();
    return this.#store.find('users', (user) => user.email.toLowerCase() === wanted);
  }

  /** @throws GitServerError 422 when the name or the address is taken or not allowed. */
  async createUser(user: NewUser): Promise<UserRecord> {
    checkOwnerName(user.username);
    if (user.password.length < 8) throw invalid('the password needs at least 8 characters');
    if (!/^[^\s@]+@[^\s@]+$/.test(user.email)) throw invalid(`e-mail address is not valid [${user.email}]`);
    const password = await hashPassword(user.password);
    this.#checkFree(user.username);
    if (this.findUserByEmail(user.email) !== undefined) {
      throw invalid(`e-mail already in use [email: ${user.email}]`);
    }
    const record: UserRecord = {
      id: this.#store.nextId(),
      login: user.username,
      email: user.email,
      fullName: user.fullName ?? '',
      admin: user.admin ?? false,
      password,
      created: new Date().toISOString(),
    };
    this.#store.commit(['put', 'users', record]);
    this.#passwords.remember(user.password, password);
    return record;
  }

  async changePassword(user: UserRecord, password: string): Promise<void> {
    if (password.length < 8) throw invalid('the password needs at least 8 characters');
    const hash = await hashPassword(password);
    const current = this.#store.get('users', user.id);
    if (current !== undefined) this.#store.commit(['put', 'users', { ...current, password: hash }]);
  }

  /** @throws GitServerError 422 while the user owns anything. */
  deleteUser(user: UserRecord): void {
    const owns =
      this.#store.find('repositories', ({ owner }) => owner.toLowerCase() === user.login.toLowerCase()) ??
      this.#store.find('organizations', ({ ownerId }) => ownerId === user.id);
    if (owns !== undefined || user.login === this.#administrator.username) {
      throw invalid(`user still has ownership [name: ${user.login}]`);
    }
    const tokens = this.listTokens(user).map(({ id }) => ['remove', 'tokens', id] as const);
    this.#store.commit(...tokens, ['remove', 'users', user.id]);
  }

  listTokens(user: UserRecord): TokenRecord[] {
    return this.#store.filter('tokens', ({ userId }) => userId === user.id);
  }

  /** The token itself is in the answer only. @throws GitServerError 400 when the name is taken. */
  createToken(
    user: UserRecord,
    name: string,
    scopes: readonly string[],
  ): { record: TokenRecord; token: string } {
    if (name.trim() === '') throw invalid('the token needs a name');
    if (this.listTokens(user).some((token) => token.name === name)) {
      throw badRequest('access token name has been used already');
    }
    const token = randomBytes(20).toString('hex');
    const record: TokenRecord = {
      id: this.#store.nextId(),
      userId: user.id,
      name,
      hash: hashToken(token),
      lastEight: token.slice(-8),
      scopes,
    };
    this.#store.commit(['put', 'tokens', record]);
    return { record, token };
  }

  /** @param which name or id */
  deleteToken(user: UserRecord, which: string): void {
    const tokens = this.listTokens(user);
    const token = tokens.find(({ name }) => name === which) ?? tokens.find(({ id }) => String(id) === which);
    if (token === undefined) throw notFound();
    this.#store.commit(['remove', 'tokens', token.id]);
  }

  findOrganization(name: string): OrganizationRecord | undefined {
    const wanted = name.toLowerCase();
    return this.#store.find('organizations', (organization) => organization.name.toLowerCase() === wanted);
  }

  createOrganization(
    owner: UserRecord,
    { name, fullName, description }: { name: string; fullName: string; description: string },
  ): OrganizationRecord {
    checkOwnerName(name);
    this.#checkFree(name);
    const record = { id: this.#store.nextId(), name, fullName, description, ownerId: owner.id };
    this.#store.commit(['put', 'organizations', record]);
    return record;
  }

  /** @throws GitServerError 422 while it has repositories. */
  deleteOrganization(organization: OrganizationRecord): void {
    const wanted = organization.name.toLowerCase();
    if (this.#store.find('repositories', ({ owner }) => owner.toLowerCase() === wanted) !== undefined) {
      throw conflict(`organization still has repositories [name: ${organization.name}]`);
    }
    this.#store.commit(['remove', 'organizations', organization.id]);
  }

  /**
   * Who sends this request: undefined without credentials.
   * @throws GitServerError 401 when there are credentials, and they are wrong.
   */
  async authenticate(headers: IncomingHttpHeaders): Promise<Viewer | undefined> {
    if (headers.authorization === undefined) return undefined;
    const authorization = parseAuthorization(headers.authorization);
    if (authorization === undefined) throw unauthorized('the Authorization header is not understood');
    if (authorization.scheme !== 'basic') {
      const user = this.#userOfToken(authorization.token);
      if (user === undefined) throw unauthorized('the token is not valid (it may have been deleted)');
      return { user, byPassword: false };
    }
    const { username, password } = authorization;
    // Clients put a token in either place.
    const tokens = [password, ...(password === '' || password === 'x-oauth-basic' ? [username] : [])];
    for (const token of tokens) {
      const user = this.#userOfToken(token);
      if (user !== undefined) return { user, byPassword: false };
    }
    const user = this.findUser(username) ?? this.findUserByEmail(username);
    if (user !== undefined && (await this.#isPassword(user, password))) return { user, byPassword: true };
    throw unauthorized(`user name or password is wrong for "${username.slice(0, 60)}"`);
  }

  /** The highest access that somebody has to a repository, or undefined for none. */
  accessTo(repository: RepositoryRecord, user: UserRecord | undefined): Access | undefined {
    if (user !== undefined) {
      const organization = this.findOrganization(repository.owner);
      const owns =
        user.admin ||
        organization?.ownerId === user.id ||
        repository.owner.toLowerCase() === user.login.toLowerCase();
      if (owns) return 'admin';
      const given = repository.collaborators[String(user.id)];
      if (given !== undefined) return given;
    }
    return repository.private ? undefined : 'read';
  }

  may(repository: RepositoryRecord, user: UserRecord | undefined, access: Access): boolean {
    const has = this.accessTo(repository, user);
    return has !== undefined && RANK[has] >= RANK[access];
  }

  #userOfToken(token: string): UserRecord | undefined {
    if (!/^[0-9a-f]{40}$/.test(token)) return undefined;
    const hash = hashToken(token);
    const record = this.#store.find('tokens', (candidate) => candidate.hash === hash);
    return record && this.#store.get('users', record.userId);
  }

  async #isPassword(user: UserRecord, password: string): Promise<boolean> {
    if (user.login.toLowerCase() === this.#administrator.username.toLowerCase()) {
      return equalSecrets(password, this.#administrator.password);
    }
    return user.password !== undefined && this.#passwords.matches(password, user.password);
  }

  #checkFree(name: string): void {
    if (this.findUser(name) !== undefined || this.findOrganization(name) !== undefined) {
      throw invalid(`user already exists [name: ${name}]`);
    }
  }
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

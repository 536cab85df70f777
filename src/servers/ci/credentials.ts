import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/fs.ts';
import { JenkinsError, notFound } from './errors.ts';
import { escapeXml, parseXml } from './xml.ts';

/** A credential of the global domain. */
export type StoredCredential =
  | {
      readonly kind: 'usernamePassword';
      readonly id: string;
      readonly description: string;
      readonly username: string;
      readonly password: string;
    }
  | { readonly kind: 'string'; readonly id: string; readonly description: string; readonly secret: string }
  | {
      readonly kind: 'file';
      readonly id: string;
      readonly description: string;
      readonly fileName: string;
      readonly base64: string;
    };

const CLASSES = {
  usernamePassword: 'com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl',
  string: 'org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl',
  file: 'org.jenkinsci.plugins.plaincredentials.impl.FileCredentialsImpl',
} as const;
const TYPE_NAMES = {
  usernamePassword: 'Username with password',
  string: 'Secret text',
  file: 'Secret file',
} as const;

/** The global credentials, in one file that only its owner may read. */
export class CredentialStore {
  readonly #file: string;
  readonly #credentials: Map<string, StoredCredential>;
  #saving: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#file = join(folder, 'credentials.json');
    this.#credentials = new Map(load(this.#file).map((credential) => [credential.id, credential]));
  }

  list(): StoredCredential[] {
    return [...this.#credentials.values()];
  }

  find(id: string): StoredCredential | undefined {
    return this.#credentials.get(id);
  }

  /** @throws JenkinsError 409 when the id is taken. */
  async create(xml: string): Promise<void> {
    const credential = parseCredential(xml);
    if (this.#credentials.has(credential.id)) {
      throw new JenkinsError(409, `a credential with the id "${credential.id}" is there already`);
    }
    await this.#put(credential);
  }

  /** @throws JenkinsError 404 when there is none to replace. */
  async replace(id: string, xml: string): Promise<void> {
    const credential = parseCredential(xml);
    if (!this.#credentials.has(id)) throw notFound(`the credential "${id}"`);
    if (credential.id !== id) throw new JenkinsError(400, 'the id of a credential cannot change');
    await this.#put(credential);
  }

  async delete(id: string): Promise<void> {
    if (!this.#credentials.delete(id)) throw notFound(`the credential "${id}"`);
    await this.#save();
  }

  /** For git over HTTP and the Gitea API: user and password; a secret text counts as a token. */
  login(id: string | undefined): { username: string; password: string } | { token: string } | undefined {
    const credential = id === undefined ? undefined : this.find(id);
    if (credential?.kind === 'usernamePassword') {
      return { username: credential.username, password: credential.password };
    }
    return credential?.kind === 'string' ? { token: credential.secret } : undefined;
  }

  async #put(credential: StoredCredential): Promise<void> {
    this.#credentials.set(credential.id, credential);
    await this.#save();
  }

  #save(): Promise<void> {
    this.#saving = this.#saving
      .catch(() => undefined)
      .then(() => writeFileAtomic(this.#file, JSON.stringify(this.list(), undefined, 1)));
    return this.#saving;
  }
}

export function typeName(credential: StoredCredential): string {
  return TYPE_NAMES[credential.kind];
}

/** As Jenkins shows it: secrets are redacted. */
export function credentialToXml(credential: StoredCredential): string {
  const name = CLASSES[credential.kind];
  const redacted = '<secret-redacted/>';
  const fields = {
    usernamePassword: () =>
      `<username>${escapeXml('username' in credential ? credential.username : '')}</username><password>${redacted}</password>`,
    string: () => `<secret>${redacted}</secret>`,
    file: () =>
      `<fileName>${escapeXml('fileName' in credential ? credential.fileName : '')}</fileName><secretBytes>${redacted}</secretBytes>`,
  }[credential.kind]();
  return `<${name}>\n<scope>GLOBAL</scope><id>${escapeXml(credential.id)}</id><description>${escapeXml(credential.description)}</description>${fields}\n</${name}>\n`;
}

function parseCredential(xml: string): StoredCredential {
  const root = parseXml(xml);
  const id = root.textAt('id') ?? '';
  if (!/^[\w.-]{1,200}$/.test(id))
    throw new JenkinsError(400, 'a credential needs an id of letters, digits, "_", "-" and "."');
  const description = root.textAt('description') ?? '';
  const raw = (name: string) => root.at(name)?.rawText ?? '';
  switch (root.name) {
    case CLASSES.usernamePassword:
      return {
        kind: 'usernamePassword',
        id,
        description,
        username: raw('username'),
        password: raw('password'),
      };
    case CLASSES.string:
      return { kind: 'string', id, description, secret: raw('secret') };
    case CLASSES.file:
      return {
        kind: 'file',
        id,
        description,
        fileName: raw('fileName'),
        base64: raw('secretBytes').replaceAll(/\s/g, ''),
      };
    default:
      throw new JenkinsError(
        400,
        `this server keeps credentials of the kinds username with password, secret text and secret file, not <${root.name.slice(0, 120)}>`,
      );
  }
}

function load(file: string): StoredCredential[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StoredCredential[];
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

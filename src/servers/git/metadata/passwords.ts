import { createHmac, randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { equalSecrets } from '../../../lib/secrets.ts';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
const COST = { N: 16_384, r: 8, p: 1 };
const REMEMBERED = 256;

/** Hashes for storage: `scrypt$<salt>$<key>`, both base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, 32, COST);
  return `scrypt$${salt.toString('base64')}$${key.toString('base64')}`;
}

/**
 * Checks passwords. A check costs some 50 ms by design, and git and REST clients send the password with
 * every request, so a pair that was right once is remembered by a keyed hash until the process ends.
 */
export class PasswordCheck {
  readonly #key = randomBytes(32);
  readonly #right = new Set<string>();

  /** Whether `password` is the one that `stored` was made from. */
  async matches(password: string, stored: string): Promise<boolean> {
    const fingerprint = this.#fingerprint(password, stored);
    if (this.#right.has(fingerprint)) return true;
    const [scheme, salt, key] = stored.split('$');
    if (scheme !== 'scrypt' || salt === undefined || key === undefined) return false;
    const derived = await derive(password, Buffer.from(salt, 'base64'), 32, COST);
    if (!equalSecrets(derived.toString('base64'), key)) return false;
    this.remember(password, stored);
    return true;
  }

  /** Spares the first check of a pair that is known to be right. */
  remember(password: string, stored: string): void {
    if (this.#right.size >= REMEMBERED) this.#right.clear();
    this.#right.add(this.#fingerprint(password, stored));
  }

  #fingerprint(password: string, stored: string): string {
    return createHmac('sha256', this.#key).update(`${stored}\n${password}`).digest('base64');
  }
}

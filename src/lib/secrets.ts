import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A random secret of letters and digits, about 5.95 bits each. */
export function randomSecret(length = 24): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let secret = '';
  while (secret.length < length) {
    for (const byte of randomBytes(length)) {
      // Bytes past the last whole multiple would make the first letters likelier.
      if (byte < 248 && secret.length < length) secret += alphabet.charAt(byte % alphabet.length);
    }
  }
  return secret;
}

/** Compares secrets in a time that tells nothing about where, or in length, they differ. */
export function equalSecrets(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

/**
 * A secret of 32 URL-safe characters that follows from another one and a purpose, so that it need not be kept and a
 * repeated run comes to the same one.
 */
export function derivedSecret(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('base64url').slice(0, 32);
}

/** The password of a user that only machines use, made from the playground's own. */
export function machinePassword(password: string, user: string): string {
  return derivedSecret(password, `user:${user}`);
}

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
 * The password of a user that only machines use: 32 URL-safe characters. It follows from the playground's own, so that it
 * need not be kept and a repeated `up` comes to the same one.
 */
export function machinePassword(password: string, user: string): string {
  return createHmac('sha256', password).update(`user:${user}`).digest('base64url').slice(0, 32);
}

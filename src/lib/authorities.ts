import { readdirSync } from 'node:fs';
import { createSecureContext, rootCertificates } from 'node:tls';

/** Where Linux systems keep the certificates of the authorities that they trust. */
const FOLDER = '/etc/ssl/certs';

/** How a Node is started so that it trusts the authorities of the system. */
export interface Authorities {
  readonly execArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The authorities of the system, as git and curl trust them, in place of those that Node brings: all of its own are read when a
 * program trusts a single further one, which takes some 20 ms, while OpenSSL reads from a folder only what it needs. Where there is
 * no folder in OpenSSL's way (its files are named by hashes), Node stays with its own.
 */
export function systemAuthorities(folder = FOLDER): Authorities {
  return hasHashedNames(folder)
    ? { execArgs: ['--use-openssl-ca'], env: { SSL_CERT_DIR: folder } }
    : { execArgs: [], env: {} };
}

/** Lets Node read its own now, in a moment of waiting, and not when the first connection is made. */
export function readOwnAuthorities(): void {
  createSecureContext({ ca: rootCertificates.slice(0, 1) });
}

function hasHashedNames(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => /^[0-9a-f]{8}\.\d+$/.test(name));
  } catch {
    return false;
  }
}

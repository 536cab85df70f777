import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { issueAuthority, issueServing, type KeyPair } from './issue.ts';
import { ensurePrivateDir, readFileIfExists, writeFileAtomic } from '../../../lib/fs.ts';

export interface ServingCertificates {
  /** The authority's certificate, for kubeconfigs. */
  readonly ca: string;
  readonly serving: KeyPair;
}

const DAY = 24 * 60 * 60 * 1000;
/** A certificate with less left than this is renewed. */
const RENEW_DAYS = 30;

/**
 * The server's certificate and the authority that signed it, kept in `folder` (0600) and made where they are missing
 * or near their end.
 */
export async function servingCertificates(folder: string): Promise<ServingCertificates> {
  await ensurePrivateDir(folder);
  const kept = { authority: await readPair(folder, 'ca'), serving: await readPair(folder, 'server') };
  if (isFresh(kept.authority) && isFresh(kept.serving)) {
    return { ca: kept.authority.certificate, serving: kept.serving };
  }
  const authority = isFresh(kept.authority)
    ? kept.authority
    : await writePair(folder, 'ca', issueAuthority());
  const serving = await writePair(folder, 'server', issueServing(authority));
  return { ca: authority.certificate, serving };
}

function isFresh(pair: KeyPair | undefined): pair is KeyPair {
  if (pair === undefined) return false;
  return Date.parse(new X509Certificate(pair.certificate).validTo) - Date.now() > RENEW_DAYS * DAY;
}

async function readPair(folder: string, name: string): Promise<KeyPair | undefined> {
  const certificate = await readFileIfExists(join(folder, `${name}.crt`));
  const key = await readFileIfExists(join(folder, `${name}.key`));
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

async function writePair(folder: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await writeFileAtomic(join(folder, `${name}.key`), pair.key);
  await writeFileAtomic(join(folder, `${name}.crt`), pair.certificate);
  return pair;
}

import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  createPublicKey,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { bits, boolean, context, identifier, integer, octets, sequence, set, text, time } from './der.ts';

/**
 * Two kinds of certificates (RFC 5280), written here because the packages that issue them weigh half a megabyte.
 * ECDSA P-256: an RSA key would cost a third of a second at the first start.
 */
const DAY = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 3650;
const SERVING_DAYS = 365;

const AUTHORITY_NAME = 'gitops-playground-ca';
const SERVING_NAME = 'kube-apiserver';

/** By what names people and pods call the server. */
const DNS_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];
const ADDRESSES = [Buffer.from([127, 0, 0, 1]), Buffer.concat([Buffer.alloc(15), Buffer.from([1])])];

const ECDSA_SHA256 = sequence(identifier('1.2.840.10045.4.3.2'));
const SIGN_CERTIFICATES_AND_DATA = bits(Buffer.from([0x84]), 2);
const SIGN_DATA = bits(Buffer.from([0x80]), 7);

/** PEM texts of a certificate and its key. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A new certificate authority. */
export function issueAuthority(): KeyPair {
  const { privateKey, publicKey } = newKeys();
  const certificate = issue({
    subject: AUTHORITY_NAME,
    publicKey,
    issuer: { name: AUTHORITY_NAME, publicKey, key: privateKey },
    days: AUTHORITY_DAYS,
    extensions: [
      extension('2.5.29.19', true, sequence(boolean(true))),
      extension('2.5.29.15', true, SIGN_CERTIFICATES_AND_DATA),
    ],
  });
  return { certificate, key: pemKey(privateKey) };
}

/** A certificate for the API server. */
export function issueServing(authority: KeyPair): KeyPair {
  const { privateKey, publicKey } = newKeys();
  const key = createPrivateKey(authority.key);
  const alternatives = [
    ...DNS_NAMES.map((name) => context(2, Buffer.from(name), false)),
    ...ADDRESSES.map((address) => context(7, address, false)),
  ];
  const certificate = issue({
    subject: SERVING_NAME,
    publicKey,
    issuer: { name: AUTHORITY_NAME, publicKey: createPublicKey(key), key },
    days: SERVING_DAYS,
    extensions: [
      extension('2.5.29.19', true, sequence()),
      extension('2.5.29.15', true, SIGN_DATA),
      extension('2.5.29.37', false, sequence(identifier('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', false, sequence(...alternatives)),
    ],
  });
  return { certificate, key: pemKey(privateKey) };
}

interface Request {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: string; readonly publicKey: KeyObject; readonly key: KeyObject };
  readonly days: number;
  readonly extensions: readonly Buffer[];
}

function issue({ subject, publicKey, issuer, days, extensions }: Request): string {
  const serial = randomBytes(16);
  serial[0] = (serial.readUInt8(0) & 0x7f) | 0x40;
  const now = Date.now();
  const content = sequence(
    context(0, integer(Buffer.from([2])), true),
    integer(serial),
    ECDSA_SHA256,
    commonName(issuer.name),
    // A little into the past, for clocks that are not quite the same.
    sequence(time(new Date(now - DAY)), time(new Date(now + days * DAY))),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    context(
      3,
      sequence(
        ...extensions,
        extension('2.5.29.14', false, octets(keyIdentifier(publicKey))),
        extension('2.5.29.35', false, sequence(context(0, keyIdentifier(issuer.publicKey), false))),
      ),
      true,
    ),
  );
  const certificate = sequence(content, ECDSA_SHA256, bits(sign('sha256', content, issuer.key)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(identifier(id), ...(critical ? [boolean(true)] : []), octets(value));
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(identifier('2.5.4.3'), text(name))));
}

/** SHA-1 of the key's bits, which names the key and protects nothing (RFC 5280, section 4.2.1.2). */
function keyIdentifier(key: KeyObject): Buffer {
  // An uncompressed point of P-256 is the last 65 bytes of its SubjectPublicKeyInfo.
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-65);
  return createHash('sha1').update(point).digest();
}

function newKeys(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

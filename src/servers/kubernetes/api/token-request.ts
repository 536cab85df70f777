import type { Authenticator } from './authentication.ts';
import { decodeBody, readRaw } from './body.ts';
import type { Answer } from './call.ts';
import { liveObject, type ObjectCall } from './object-call.ts';
import { asArray, asObject } from '../storage/json.ts';

/** Seconds that a token is good for, unless asked otherwise. */
const HOUR = 3600;
const SHORTEST = 600;
const LONGEST = 365 * 24 * HOUR;

/** Issues a token to a service account (`serviceaccounts/NAME/token`, `kubectl create token`). */
export async function serveTokenRequest(request: ObjectCall, authenticator: Authenticator): Promise<Answer> {
  const { call } = request;
  const { value } = decodeBody(await readRaw(call), call.contentType);
  const { metadata } = liveObject(request);
  const spec = asObject(value.spec);
  const asked = typeof spec.expirationSeconds === 'number' ? spec.expirationSeconds : HOUR;
  const lifetime = Math.min(Math.max(asked, SHORTEST), LONGEST);
  const { name, namespace = '', uid = '' } = metadata;
  const audiences = asArray(spec.audiences).map(String);
  const { token, expires } = authenticator.issue({ name, namespace, uid }, lifetime, audiences);
  return {
    status: 201,
    body: {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: new Date().toISOString().replace(/\.\d+Z$/, 'Z') },
      spec: { ...spec, audiences, expirationSeconds: lifetime },
      status: { token, expirationTimestamp: expires.toISOString().replace(/\.\d+Z$/, 'Z') },
    },
  };
}

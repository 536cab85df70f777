import { messageOf } from '../lib/errors.ts';
import { createHttp } from './http.ts';

/** What the example application answers on `GET /version`. */
export interface Version {
  readonly app: string;
  readonly stage: string;
  readonly revision: string;
  readonly image: string;
  readonly pod: string;
}

/** Asks an application who it is; a text that says why not, when it does not answer as it should. */
export async function readVersion(url: string): Promise<Version | string> {
  try {
    const http = createHttp({ baseUrl: url, timeout: 2000, connectAnew: true });
    const version = await http.json<Partial<Version>>('GET', '/version');
    const { app, stage, revision, image, pod } = version;
    const fields = { app, stage, revision, image, pod };
    const missing = Object.entries(fields).filter(([, value]) => typeof value !== 'string');
    if (missing.length > 0) return `${url}/version lacks ${missing.map(([name]) => name).join(', ')}`;
    return fields as Version;
  } catch (error) {
    return messageOf(error);
  }
}

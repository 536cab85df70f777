import { Readable } from 'node:stream';
import { packageVersion } from '../../lib/package.ts';
import { createHttp } from '../http.ts';
import { gitAgent } from './agent.ts';
import { FLUSH, packet } from './pkt-line.ts';

/** The id that stands for no object: before a reference is created, and after it is deleted. */
export const NO_OBJECT = '0'.repeat(40);

interface ReferenceUpdate {
  /** Full name. */
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

interface Push {
  /** Of the repository, without credentials. */
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization: string;
  readonly updates: readonly ReferenceUpdate[];
  /** Everything that the new commits need and the server may lack; none where references are only deleted. */
  readonly pack?: Uint8Array | Readable;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Pushes by one request of the smart HTTP protocol (gitprotocol-http, gitprotocol-pack "Pushing Data To a Server"): no
 * process is started here, where `git push` needs four. A reference that is not what `before` says is refused.
 * @throws Error with the server's own words when it refuses a reference; HttpStatusError.
 */
export async function pushPack({ url, authorization, updates, pack, signal }: Push): Promise<void> {
  if (updates.length === 0) return;
  const capabilities = `report-status delete-refs agent=gitops-playground/${packageVersion()}`;
  const commands = updates.map(({ ref, before, after }, index) =>
    packet(`${before} ${after} ${ref}${index === 0 ? `\0 ${capabilities}` : ''}`),
  );
  const head = Buffer.from(`${commands.join('')}${FLUSH}`);
  const { body } = await createHttp({ baseUrl: url, authorization }).request('POST', 'git-receive-pack', {
    headers: {
      'content-type': 'application/x-git-receive-pack-request',
      accept: 'application/x-git-receive-pack-result',
      'user-agent': gitAgent(),
    },
    body: pack instanceof Readable ? Readable.from(joined(head, pack)) : Buffer.concat([head, pack ?? NONE]),
    ...(signal === undefined ? {} : { signal }),
  });
  const refusal = refusalIn(body.toString());
  if (refusal !== undefined) throw new Error(refusal);
}

const NONE = new Uint8Array();

async function* joined(head: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  yield head;
  yield* rest as AsyncIterable<Buffer>;
}

/** What the server did not accept, by its report (`unpack ok`, then `ok REF` or `ng REF REASON`). */
function refusalIn(report: string): string | undefined {
  const [, unpacked] = /^[0-9a-f]{4}unpack ([^\n]*)/.exec(report) ?? [];
  if (unpacked === undefined) return 'the server did not report on the push';
  if (unpacked !== 'ok') return `the server could not unpack the push: ${unpacked}`;
  const refused = [...report.matchAll(/^[0-9a-f]{4}ng (\S+) ?([^\n]*)/gm)];
  if (refused.length === 0) return undefined;
  return refused.map(([, ref, reason]) => `${ref ?? ''} was refused: ${reason ?? ''}`).join(', ');
}

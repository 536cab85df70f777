import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { spdyDictionary } from './spdy-dictionary.ts';

/** The frames of SPDY/3.1 that port forwarding uses; windows are left out, as its clients ignore them. */
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;

const VERSION = 3;
const FIN = 0x01;
const MOST_FRAME = 1024 * 1024;

/** A stream that the other side has opened. */
export interface SpdyStream {
  readonly id: number;
  readonly headers: Readonly<Record<string, string>>;
  onData: (data: Buffer) => void;
  /** The other side sends no more. */
  onEnd: () => void;
  onReset: () => void;
}

/** Reads and writes SPDY/3.1 frames on some ordered transport, on the side that streams are opened to. */
export class SpdyConnection {
  readonly #send: (frame: Buffer) => void;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #inflate: Inflate;
  readonly #deflate: Deflate;
  #pending = Buffer.alloc(0);
  #working: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(send: (frame: Buffer) => void, onStream: (stream: SpdyStream) => void) {
    this.#send = send;
    this.#onStream = onStream;
    const dictionary = spdyDictionary();
    // Both keep their state over all header blocks of the connection.
    this.#inflate = createInflate({ dictionary });
    this.#deflate = createDeflate({ dictionary });
    this.#inflate.on('error', () => undefined);
  }

  /** Takes bytes of the transport; frames are handled one after the other. Rejects when they make no sense. */
  receive(bytes: Buffer): Promise<void> {
    this.#working = this.#working.then(() => this.#take(bytes));
    return this.#working;
  }

  sendData(id: number, data: Buffer, end = false): void {
    const header = Buffer.alloc(8);
    header.writeUInt32BE(id & 0x7fffffff, 0);
    header.writeUInt32BE(data.length, 4);
    header.writeUInt8(end ? FIN : 0, 4);
    this.#send(Buffer.concat([header, data]));
  }

  /** Breaks a stream off (status 5, CANCEL). */
  reset(id: number): void {
    const body = Buffer.alloc(8);
    body.writeUInt32BE(id, 0);
    body.writeUInt32BE(5, 4);
    this.#control(RST_STREAM, 0, body);
    this.#streams.delete(id);
  }

  close(): void {
    this.#failed = true;
    for (const stream of this.#streams.values()) stream.onReset();
    this.#streams.clear();
    this.#inflate.close();
    this.#deflate.close();
  }

  async #take(bytes: Buffer): Promise<void> {
    if (this.#failed) return;
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= 8) {
      const length = this.#pending.readUIntBE(5, 3);
      if (length > MOST_FRAME) throw new Error(`a SPDY frame of ${length} bytes is too large`);
      if (this.#pending.length < 8 + length) return;
      const frame = this.#pending.subarray(0, 8 + length);
      this.#pending = this.#pending.subarray(8 + length);
      const flags = frame.readUInt8(4);
      const body = frame.subarray(8);
      if ((frame.readUInt8(0) & 0x80) === 0) this.#data(frame.readUInt32BE(0), flags, body);
      else await this.#controlFrame(frame.readUInt16BE(2), flags, body);
    }
  }

  #data(id: number, flags: number, body: Buffer): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (body.length > 0) stream.onData(Buffer.from(body));
    if ((flags & FIN) !== 0) stream.onEnd();
  }

  async #controlFrame(type: number, flags: number, body: Buffer): Promise<void> {
    switch (type) {
      case SYN_STREAM:
        await this.#open(body, flags);
        break;
      case RST_STREAM: {
        const id = body.readUInt32BE(0);
        this.#streams.get(id)?.onReset();
        this.#streams.delete(id);
        break;
      }
      case PING:
        this.#control(PING, 0, body);
        break;
      case GOAWAY:
      default:
        break;
    }
  }

  async #open(body: Buffer, flags: number): Promise<void> {
    const id = body.readUInt32BE(0) & 0x7fffffff;
    const headers = parseHeaders(await this.#decompress(body.subarray(10)));
    const ignore = () => undefined;
    const stream: SpdyStream = { id, headers, onData: ignore, onEnd: ignore, onReset: ignore };
    this.#streams.set(id, stream);
    const reply = Buffer.alloc(4);
    reply.writeUInt32BE(id, 0);
    this.#control(SYN_REPLY, 0, Buffer.concat([reply, await this.#compress(Buffer.alloc(4))]));
    this.#onStream(stream);
    if ((flags & FIN) !== 0) stream.onEnd();
  }

  #control(type: number, flags: number, body: Buffer): void {
    const header = Buffer.alloc(8);
    header.writeUInt16BE(0x8000 | VERSION, 0);
    header.writeUInt16BE(type, 2);
    header.writeUInt32BE(body.length, 4);
    header.writeUInt8(flags, 4);
    this.#send(Buffer.concat([header, body]));
  }

  #decompress(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#inflate.once('error', reject);
      this.#inflate.write(bytes, () => {
        this.#inflate.off('error', reject);
        resolve(readAll(this.#inflate));
      });
    });
  }

  #compress(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve) => {
      this.#deflate.write(bytes);
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        resolve(readAll(this.#deflate));
      });
    });
  }
}

function readAll(stream: Inflate | Deflate): Buffer {
  const chunks: Buffer[] = [];
  for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A count, then names and values, each after its length. */
function parseHeaders(block: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  let at = 4;
  const text = () => {
    const end = at + 4 + block.readUInt32BE(at);
    const value = block.toString('utf8', at + 4, end);
    at = end;
    return value;
  };
  for (let left = block.readUInt32BE(0); left > 0; left -= 1) headers[text().toLowerCase()] = text();
  return headers;
}

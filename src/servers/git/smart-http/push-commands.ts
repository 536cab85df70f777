import type { RefUpdate } from '../metadata/model.ts';
import { PacketReader } from './pkt-line.ts';

/** More than this many bytes of commands before the pack are refused: some 5,000 references. */
export const COMMANDS_LIMIT = 1024 * 1024;

export class TooManyCommands extends Error {}

/**
 * Reads the commands at the beginning of a push (gitprotocol-pack, "Reference Update Request") while the
 * bytes go by: what is to move where, known before git sees it.
 */
export class PushCommands {
  readonly #reader = new PacketReader();
  #seen = 0;
  readonly updates: RefUpdate[] = [];
  complete = false;

  /** @throws BadPacket, TooManyCommands */
  push(chunk: Buffer): void {
    if (this.complete) return;
    this.#seen += chunk.length;
    this.#reader.push(chunk);
    for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next()) {
      if (packet.kind !== 'data') {
        this.complete = true;
        return;
      }
      const line = packet.data.toString('utf8').replace(/\0.*$/s, '').replace(/\n$/, '');
      const [, before, after, ref] = /^([0-9a-f]{40}) ([0-9a-f]{40}) (.+)$/s.exec(line) ?? [];
      if (before !== undefined && after !== undefined && ref !== undefined) {
        this.updates.push({ ref, before, after });
      }
    }
    if (this.#seen > COMMANDS_LIMIT) throw new TooManyCommands('the push moves too many references at once');
  }
}

/**
 * Reads which references a push did move from the answer of receive-pack ("Report Status"), plain or inside
 * side-band 1, while the bytes go by.
 */
export class PushReport {
  readonly #outer = new PacketReader();
  readonly #inner = new PacketReader();
  readonly #accepted = new Set<string>();
  #broken = false;

  push(chunk: Buffer): void {
    if (this.#broken) return;
    try {
      this.#outer.push(chunk);
      for (let packet = this.#outer.next(); packet !== undefined; packet = this.#outer.next()) {
        if (packet.kind !== 'data') continue;
        if (packet.data[0] === 1) this.#readBand(packet.data.subarray(1));
        else if ((packet.data[0] ?? 0) > 3) this.#readLine(packet.data);
      }
    } catch {
      // Not a report; the references themselves have to tell.
      this.#broken = true;
    }
  }

  accepted(ref: string): boolean {
    return this.#accepted.has(ref);
  }

  #readBand(data: Buffer): void {
    this.#inner.push(data);
    for (let packet = this.#inner.next(); packet !== undefined; packet = this.#inner.next()) {
      if (packet.kind === 'data') this.#readLine(packet.data);
    }
  }

  #readLine(data: Buffer): void {
    const line = data.toString('utf8').replace(/\n$/, '');
    if (line.startsWith('ok ')) this.#accepted.add(line.slice(3));
  }
}

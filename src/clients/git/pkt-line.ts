/** A line of the Git protocol with its length before it (gitprotocol-common, "pkt-line"). */
export function packet(line: string): string {
  return `${(Buffer.byteLength(line) + 4).toString(16).padStart(4, '0')}${line}`;
}

/** Ends a message. */
export const FLUSH = '0000';

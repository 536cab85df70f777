/** The wire format of protocol buffers, written ("Encoding"): every function gives the bytes of one field. */

export function textField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text));
}

/** A message within a message: the bytes of its own fields. */
export function messageField(field: number, parts: readonly Buffer[]): Buffer {
  return bytesField(field, Buffer.concat(parts));
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** What a stream brings: a small one as a whole, and any piece by piece. */
export interface Begun {
  readonly whole?: Buffer;
  readonly pieces: AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** Reads a stream to its end, or, where it has more than `limit` bytes, only its beginning; the rest then comes with the pieces. */
export async function readUpTo(stream: AsyncIterable<Buffer>, limit: number): Promise<Begun> {
  const iterator = stream[Symbol.asyncIterator]();
  const begun: Buffer[] = [];
  let size = 0;
  for (let piece = await iterator.next(); piece.done !== true; piece = await iterator.next()) {
    begun.push(piece.value);
    size += piece.value.length;
    if (size > limit) return { pieces: joined(begun, iterator) };
  }
  const whole = Buffer.concat(begun);
  return { whole, pieces: [whole] };
}

async function* joined(begun: readonly Buffer[], rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* begun;
  for (let piece = await rest.next(); piece.done !== true; piece = await rest.next()) yield piece.value;
}

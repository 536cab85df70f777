/** An entry of a tree object: the name in bytes, which need be no UTF-8, and the mode as it was written, or is to be. */
export interface TreeEntry {
  readonly mode: string;
  readonly name: Buffer;
  readonly id: string;
}

/** Bytes of an id: SHA-1, and SHA-256 where a repository uses that. */
const SHA1 = 20;

/**
 * Takes the content of a tree object apart, entry by entry: `<mode> <name>\0<id>` again and again (gitformat, tree objects).
 * @throws Error when an entry is not whole.
 */
export function* treeEntries(content: Buffer, idBytes = SHA1): Generator<TreeEntry> {
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const nul = space < 0 ? -1 : content.indexOf(0, space);
    const end = nul + 1 + idBytes;
    if (nul < 0 || end > content.length) throw new Error('a tree object is damaged');
    yield {
      mode: content.toString('latin1', at, space),
      name: content.subarray(space + 1, nul),
      id: content.toString('hex', nul + 1, end),
    };
    at = end;
  }
}

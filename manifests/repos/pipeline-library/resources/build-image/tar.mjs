/** Writes tar archives whose bytes depend on their content alone. */

const TYPES = { file: '0', link: '2', folder: '5' };

/**
 * Writes a tar archive (ustar, with pax headers where a name or link is too long or not ASCII) of entries by their path:
 * sorted, and with times of zero, so that the bytes depend on the content alone.
 */
export function tarArchive(entries) {
  const blocks = [];
  for (const name of [...entries.keys()].sort()) {
    const entry = entries.get(name);
    const full = entry.type === 'folder' ? `${name}/` : name;
    const records = {
      ...(fitsName(full) ? {} : { path: full }),
      ...(fits(entry.target, 100) ? {} : { linkpath: entry.target }),
    };
    if (Object.keys(records).length > 0) {
      const content = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
      blocks.push(tarHeader('pax-header', 'x', { mode: 0o644, content }), ...padded(content));
    }
    blocks.push(tarHeader(full, TYPES[entry.type], entry), ...padded(entry.content));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const isAscii = (text) => /^[\x20-\x7e]*$/.test(text);
const fits = (text = '', length) => isAscii(text) && text.length <= length;
const fitsName = (name) => isAscii(name) && splitName(name) !== undefined;

/** A name over 100 characters goes into two fields when a slash stands in the right place. */
function splitName(name) {
  if (name.length <= 100) return ['', name];
  const slash = name.indexOf('/', name.length - 101);
  return slash > 0 && slash <= 155 && slash < name.length - 1
    ? [name.slice(0, slash), name.slice(slash + 1)]
    : undefined;
}

function tarHeader(name, type, { mode, uid = 0, gid = 0, content, target = '' }) {
  const header = Buffer.alloc(512);
  const [prefix, rest] = splitName(name) ?? ['', name.slice(-100)];
  const octal = (value, length) => value.toString(8).padStart(length - 1, '0');
  header.write(isAscii(rest) ? rest : 'see-pax-header', 0, 100);
  header.write(octal(mode, 8), 100);
  header.write(octal(uid, 8), 108);
  header.write(octal(gid, 8), 116);
  header.write(octal(content?.length ?? 0, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(' '.repeat(8) + type, 148); // The checksum counts its own field as spaces.
  header.write(fits(target, 100) ? target : 'see-pax-header', 157, 100);
  header.write('ustar\x0000', 257);
  header.write(isAscii(prefix) ? prefix : '', 345, 155);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    )}\0 `,
    148,
  );
  return header;
}

/** `<length> key=value\n`, the length counting its own digits. */
function paxRecord(key, value) {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length += 1;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function padded(content) {
  return content === undefined ? [] : [content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

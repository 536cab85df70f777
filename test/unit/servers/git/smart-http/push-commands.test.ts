import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BadPacket,
  FLUSH,
  packet,
  PacketReader,
} from '../../../../../src/servers/git/smart-http/pkt-line.ts';
import {
  COMMANDS_LIMIT,
  PushCommands,
  PushReport,
  TooManyCommands,
} from '../../../../../src/servers/git/smart-http/push-commands.ts';

const sha = fc.stringMatching(/^[0-9a-f]{40}$/);
const ref = fc.stringMatching(/^refs\/heads\/[a-zA-Zäß0-9/-]{1,60}$/);

/** Cuts bytes at arbitrary places. */
function chunks(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

describe('the commands of a push', () => {
  test('are read whatever the chunks are, and the pack behind them is left alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ before: sha, after: sha, ref }), { minLength: 1 }),
        fc.uint8Array(),
        fc.array(fc.nat()),
        (updates, pack, cuts) => {
          const lines = updates.map(({ before, after, ref: name }, index) =>
            packet(`${before} ${after} ${name}${index === 0 ? '\0report-status side-band-64k' : ''}`),
          );
          const commands = new PushCommands();
          for (const chunk of chunks(Buffer.concat([...lines, FLUSH, pack]), cuts)) commands.push(chunk);
          expect(commands.complete).toBe(true);
          expect(commands.updates).toEqual(updates);
        },
      ),
    );
  });

  test('are refused when they never end', () => {
    const commands = new PushCommands();
    const line = packet(`${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/${'x'.repeat(1000)}`);
    const push = () => {
      for (let size = 0; size <= COMMANDS_LIMIT; size += line.length) commands.push(line);
    };
    expect(push).toThrow(TooManyCommands);
  });

  test('are refused when they are no packets', () => {
    const reader = new PacketReader();
    reader.push(Buffer.from('GET / HTTP/1.1'));
    expect(() => reader.next()).toThrow(BadPacket);
  });
});

describe('the report of a push', () => {
  test('says which references have moved, in a side band and without, whatever the chunks are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(ref, { minLength: 2 }),
        fc.boolean(),
        fc.array(fc.nat()),
        (refs, banded, cuts) => {
          const [refused = '', ...accepted] = refs;
          const plain = Buffer.concat([
            packet('unpack ok\n'),
            packet(`ng ${refused} non-fast-forward\n`),
            ...accepted.map((name) => packet(`ok ${name}\n`)),
            FLUSH,
          ]);
          const band = (data: Buffer) =>
            Buffer.concat([
              Buffer.from((data.length + 5).toString(16).padStart(4, '0')),
              Buffer.from([1]),
              data,
            ]);
          const half = Math.floor(plain.length / 2);
          const answer = banded
            ? Buffer.concat([band(plain.subarray(0, half)), band(plain.subarray(half)), FLUSH])
            : plain;
          const report = new PushReport();
          for (const chunk of chunks(answer, cuts)) report.push(chunk);
          expect(refs.filter((name) => report.accepted(name))).toEqual(accepted);
        },
      ),
    );
  });
});

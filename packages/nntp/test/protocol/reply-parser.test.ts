import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockCollector } from '../../src/protocol/block-collector.js';
import { ReplyParser } from '../../src/protocol/reply-parser.js';

/** Everything a parser reports about some bytes, in order. 100, 101, 220, 221 and 222 are followed by a block. */
function heard(pieces: readonly Uint8Array[], maxBytes = 1_000_000) {
  const reports: unknown[] = [];
  let block: BlockCollector | undefined;
  const parser = new ReplyParser({
    status: (line) => {
      reports.push(line);
      block = [100, 101, 220, 221, 222].includes(line.code) ? new BlockCollector(maxBytes) : undefined;
      return block;
    },
    blockEnded: () => reports.push({ lines: block?.text(), overflowed: block?.overflowed }),
    violated: (reason) => reports.push({ violated: reason }),
  });
  for (const piece of pieces) {
    const surrounded = new Uint8Array(piece.length + 20).fill(0x32);
    surrounded.set(piece, 10);
    parser.push(surrounded, 10, 10 + piece.length);
    // The buffer is shared by all sockets: what was read must not be looked at again.
    surrounded.fill(0);
  }
  return reports;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const text = (unit: string) => fc.string({ unit: fc.constantFrom(...unit), maxLength: 30 });
const line = text('ab .=<>@1');

const reply = fc.oneof(
  fc.tuple(fc.constantFrom(200, 223, 430, 480, 111, 400), line).map(([code, words]) => `${code} ${words}\r\n`),
  fc.tuple(fc.constantFrom(100, 101, 221, 222), line, fc.array(line, { maxLength: 6 })).map(
    ([code, words, lines]) =>
      `${code} ${words}\r\n${lines
        .map((each) => (each.startsWith('.') ? `.${each}` : each))
        .map((each) => `${each}\r\n`)
        .join('')}.\r\n`,
  ),
);

describe('the reply parser', () => {
  it('hears the same wherever the bytes are split', () => {
    fc.assert(
      fc.property(fc.array(reply, { minLength: 1, maxLength: 4 }), (replies) => {
        const all = bytes(replies.join(''));
        const whole = heard([all]);
        expect(whole.filter((report) => (report as { code?: number }).code !== undefined)).toHaveLength(replies.length);
        for (let at = 0; at <= all.length; at++) expect(heard([all.subarray(0, at), all.subarray(at)])).toEqual(whole);
        expect(heard([...all].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('undoes dot-stuffing and leaves dots inside lines alone', () => {
    expect(heard([bytes('100 help\r\n..\r\n...a\r\nb.\r\n\r\n.\r\n205 bye\r\n')])).toEqual([
      { code: 100, text: 'help' },
      { lines: ['.', '..a', 'b.', ''], overflowed: false },
      { code: 205, text: 'bye' },
    ]);
  });

  it('takes a bare line feed for a line end, and a code without words', () => {
    expect(heard([bytes('200\n101 list\na\n.\n430 no\r\n')])).toEqual([
      { code: 200, text: '' },
      { code: 101, text: 'list' },
      { lines: ['a'], overflowed: false },
      { code: 430, text: 'no' },
    ]);
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n', '\r\n', '2000 x\r\n', '99 x\r\n', '2x0 hi\r\n', '\x16\x03\x01\x02\x00\n'])(
    'does not take %j for a reply',
    (garbage) => {
      expect(heard([bytes(`${garbage}200 later\r\n`)])).toEqual([{ violated: expect.any(String) }]);
    },
  );

  it('gives up on an endless line, however it arrives', () => {
    const piece = bytes('2'.repeat(1000));
    const reports = heard(Array.from({ length: 20 }, () => piece));
    expect(reports).toEqual([{ violated: 'a line is too long' }]);
    expect(heard([bytes(`200 ${'x'.repeat(20_000)}`)])).toEqual([{ violated: 'a line is too long' }]);
  });

  it('bounds what a block may keep and still finds its end', () => {
    const reports = heard(
      [bytes(`222 big\r\n${'y'.repeat(500)}\r\n${'z'.repeat(5000)}\r\n..\r\n.\r\n223 next\r\n`)],
      1000,
    );
    expect(reports).toEqual([
      { code: 222, text: 'big' },
      { lines: ['y'.repeat(500)], overflowed: true },
      { code: 223, text: 'next' },
    ]);
  });

  it('ignores everything after being stopped, in the same bytes too', () => {
    const seen: number[] = [];
    const parser: ReplyParser = new ReplyParser({
      status: ({ code }) => {
        seen.push(code);
        parser.stop();
        return undefined;
      },
      blockEnded: () => {},
      violated: () => {},
    });
    const input = bytes('382 go on\r\n200 injected\r\n');
    parser.push(input, 0, input.length);
    parser.push(input, 0, input.length);
    expect(seen).toEqual([382]);
  });
});

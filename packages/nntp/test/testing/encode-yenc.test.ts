import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeYencPart } from '../../src/testing.js';
import { decodeBody, linesOf } from './decode.js';

/** Bytes whose encoded characters are mostly the ones that need care: NUL, TAB, LF, CR, space, dot, equals, y. */
const awkward = fc
  .array(fc.constantFrom(0x00, 0x09, 0x0a, 0x0d, 0x20, 0x2e, 0x3d, 0x79, 0x41), { maxLength: 600 })
  .map((chars) => Uint8Array.from(chars, (char) => (char - 42) & 255));
const bytes = fc.oneof(fc.uint8Array({ maxLength: 2000 }), awkward);

/** Lines as they stand on the wire, leading dots still doubled. */
function wireLines(data: Buffer): string[] {
  return data.toString('latin1').split('\r\n').slice(0, -1);
}

describe('encodeYencPart', () => {
  it('is undone by a byte-by-byte decoder, whatever the bytes and the line length', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 300 }), (source, lineLength) => {
        const encoded = encodeYencPart({ name: 'x', bytes: source, lineLength });
        expect(decodeBody(encoded.bytes).bytes.equals(source)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps lines to their length, an escape at the end excepted', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 2, max: 300 }), (source, lineLength) => {
        const lines = linesOf(encodeYencPart({ name: 'x', bytes: source, lineLength }).data);
        for (const [index, line] of lines.entries()) {
          if (index < lines.length - 1) expect(line.length).toBeGreaterThanOrEqual(lineLength);
          expect(line.length).toBeLessThanOrEqual(lineLength + 1);
          if (line.length === lineLength + 1) expect(line.at(-2)).toBe(0x3d);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never sends a bare critical character, white space at an end of a line, or a lone dot', () => {
    fc.assert(
      fc.property(awkward, fc.integer({ min: 1, max: 20 }), (source, lineLength) => {
        for (const line of wireLines(encodeYencPart({ name: 'x', bytes: source, lineLength }).data)) {
          expect(line).not.toMatch(/[\0\r\n]/);
          expect(line).not.toMatch(/^[\t ]|[\t ]$/);
          expect(line).not.toMatch(/^\.(?!\.)/);
          expect(line).not.toMatch(/^=y/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('writes the control lines of a single part', () => {
    const { header, trailer, crc32 } = encodeYencPart({ name: 'a b.txt', bytes: Buffer.from('123456789') });
    expect(header.toString()).toBe('=ybegin line=128 size=9 name=a b.txt\r\n');
    expect(crc32).toBe(0xcbf43926);
    expect(trailer.toString()).toBe('=yend size=9 crc32=cbf43926\r\n');
  });

  it('writes the control lines of one part of many', () => {
    const place = { number: 2, total: 3, start: 100, fileSize: 250 };
    const { header, trailer } = encodeYencPart({ name: 'ü', bytes: Buffer.from('123456789'), place, lineLength: 64 });
    expect(header.toString()).toBe('=ybegin part=2 total=3 line=64 size=250 name=ü\r\n=ypart begin=101 end=109\r\n');
    expect(trailer.toString()).toBe('=yend size=9 part=2 pcrc32=cbf43926\r\n');
  });

  it('escapes nothing that needs none', () => {
    const source = Uint8Array.from({ length: 26 }, (_, index) => (0x61 + index - 42) & 255);
    expect(encodeYencPart({ name: 'x', bytes: source }).data.toString()).toBe('abcdefghijklmnopqrstuvwxyz\r\n');
  });
});

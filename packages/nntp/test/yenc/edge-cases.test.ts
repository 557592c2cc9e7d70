import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { DamagedArticle, DecodedArticle } from '../../src/yenc/decoder.js';
import { availableEngines } from '../../src/yenc/engines.js';
import { body, decodeBody, encode, hex, latin1, multiPart, noise, singlePart, terminator } from './articles.js';

const plus42 = (text: string) => Buffer.from(latin1(text).map((byte) => byte - 42));

// Named after the list in the design notes; the sources are the yEnc 1.3 draft, RFC 3977 and what posters really do.
describe.each(availableEngines())('yEnc edge cases (%s)', (engine) => {
  const decode = (input: Uint8Array, pieces?: number[]) => decodeBody(engine, input, pieces);
  const ok = (input: Uint8Array, pieces?: number[]) => {
    const { outcome, consumed } = decode(input, pieces);
    expect(outcome).toMatchObject({ status: 'ok' });
    return { ...(outcome as DecodedArticle), consumed };
  };
  const corrupt = (input: Uint8Array, pieces?: number[]) => {
    const { outcome, consumed } = decode(input, pieces);
    expect(outcome).toMatchObject({ status: 'corrupt' });
    return { ...(outcome as DamagedArticle), consumed };
  };
  /** A single-part body around raw data lines, with a size and no checksum. */
  const raw = (data: string, size: number) =>
    body(`=ybegin line=128 size=${size} name=x`, latin1(data), `=yend size=${size}`);

  describe('1. escapes', () => {
    it('any character may be escaped', () => {
      const escaped = [...Array(256).keys()].filter((code) => code !== 13 && code !== 121);
      const data = escaped.flatMap((code) => [61, code]);
      const lines = [
        '=ybegin line=128 size=255 name=x',
        latin1('*'),
        Buffer.from(data),
        latin1('\r\n'),
        '=yend size=255',
      ];
      expect(Array.from(ok(body(...lines)).bytes)).toEqual([0, ...escaped.map((code) => (code - 106) & 255)]);
    });

    it('an escaped "=" is 0xD3', () => {
      expect(Array.from(ok(raw('a==b\r\n', 3)).bytes)).toEqual([55, 0xd3, 56]);
    });

    it('an escaped CR is 0xA3 and still counts for CR LF', () => {
      expect(Array.from(ok(raw('a=\r\n..b\r\n', 4)).bytes)).toEqual([55, 0xa3, 4, 56]);
    });

    it('an escape as the last byte of a piece takes the first byte of the next', () => {
      const input = singlePart(Uint8Array.of(214, 214, 214));
      for (let at = 1; at < input.length; at++) expect(ok(input, [at, input.length]).bytes).toHaveLength(3);
    });
  });

  describe('2. "=y" and the end of data', () => {
    it('inside a line it is an escape', () => {
      expect(Array.from(ok(raw('a=yb\r\n', 3)).bytes)).toEqual([55, 15, 56]);
    });

    it('a dot-stuffed control line ends the data too', () => {
      const input = body('=ybegin line=128 size=1 name=x', latin1('a\r\n.=yend size=1\r\n'));
      expect(ok(input).bytes).toHaveLength(1);
    });

    it('is recognised across any split', () => {
      const input = singlePart(noise(300));
      for (let at = 1; at < input.length; at++) expect(ok(input, [at, input.length]).consumed).toBe(input.length);
    });
  });

  describe('3. the terminator', () => {
    it('ends the body and leaves the next reply alone', () => {
      const article = singlePart(noise(1000));
      const { consumed, bytes } = ok(Buffer.concat([article, latin1('222 0 <next>\r\n.\r\n')]));
      expect(consumed).toBe(article.length);
      expect(Buffer.compare(bytes, noise(1000))).toBe(0);
    });

    it('as the first bytes of the body is an empty body', () => {
      expect(corrupt(latin1('.\r\n')).reason).toBe('no yEnc data');
    });

    it('a dot and CR at a line start without LF is not an end', () => {
      expect(Array.from(ok(raw('\r\n.\ra\r\n', 1)).bytes)).toEqual([55]);
    });

    it('a doubled dot is a dot', () => {
      expect(Array.from(ok(raw('a\r\n..\r\n', 2)).bytes)).toEqual([55, 4]);
    });

    it('a single dot before data is dropped', () => {
      expect(Array.from(ok(raw('a\r\n.b\r\n', 2)).bytes)).toEqual([55, 56]);
    });

    it('after an escaped CR ends the body with that one byte', () => {
      const result = corrupt(body('=ybegin line=128 size=1 name=x', latin1('=\r\n')));
      expect(result.reason).toBe('missing =yend');
      expect(Array.from(result.bytes as Uint8Array)).toEqual([0xa3]);
    });

    it('is found when split at every byte, also in the discarded rest', () => {
      const input = singlePart(noise(20));
      for (let at = input.length - 12; at < input.length; at++) {
        expect(ok(input, [at, 1]).consumed).toBe(input.length);
        expect(corrupt(body('prose'), [Math.max(at - input.length + 10, 1), 1]).consumed).toBe(10);
      }
    });
  });

  describe('4. bare CR and LF', () => {
    it('are dropped and are not line starts', () => {
      expect(Array.from(ok(raw('a\n.b\r.c\n=yd\r\n', 7)).bytes)).toEqual([55, 4, 56, 4, 57, 15, 58]);
    });

    it('an article with LF alone never ends on the wire', () => {
      const input = latin1(singlePart(noise(100)).toString('latin1').replaceAll('\r\n', '\n'));
      expect(() => decode(input)).toThrow('never ended');
    });
  });

  describe('5. line lengths', () => {
    it.each([1, 2, 3, 15, 16, 17, 31, 32, 33, 64, 100, 127, 128, 129, 254, 256, 997, 4000])('lines of %i', (line) => {
      const data = noise(5000, line);
      const { bytes } = ok(singlePart(data, 'x', { line }));
      expect(Buffer.compare(bytes, data)).toBe(0);
    });

    it('a declared length that is wrong, zero, absurd or not a number only costs time', () => {
      const data = noise(5000);
      for (const line of ['64', '129', '0', '99999999999', 'abc', '-1']) {
        const lines = [`=ybegin line=${line} size=5000 name=x`, encode(data), `=yend size=5000 crc32=${hex(data)}`];
        expect(Buffer.compare(ok(body(...lines)).bytes, data)).toBe(0);
      }
    });

    it('a line one longer, because its last character is escaped', () => {
      const data = new Uint8Array(400).fill(19);
      expect(ok(singlePart(data)).bytes).toEqual(data);
    });

    it('an empty last line, blank lines before =yend, text after it', () => {
      const data = noise(300);
      const lines = [
        '=ybegin line=128 size=300 name=x',
        encode(data),
        '',
        '',
        `=yend size=300 crc32=${hex(data)}`,
        'regards',
        '',
      ];
      expect(ok(body(...lines)).bytes).toEqual(data);
    });

    it('TAB, space and dot escaped at line ends', () => {
      const data = Uint8Array.from(noise(3000).map((byte) => (byte % 3 === 0 ? 223 : byte % 3 === 1 ? 246 : 4)));
      expect(ok(singlePart(data, 'x', { careful: true })).bytes).toEqual(data);
    });
  });

  describe('6. missing =yend', () => {
    it('is damage, and what was decoded can be kept', () => {
      const data = noise(700);
      const result = corrupt(body('=ybegin line=128 size=700 name=x', encode(data)));
      expect(result.reason).toBe('missing =yend');
      expect(result.bytes).toEqual(data);
    });
  });

  describe('7. the =ybegin line', () => {
    it('an article that ends right after it has no data', () => {
      expect(corrupt(body('=ybegin line=128 size=10 name=x')).reason).toBe('missing =yend');
    });

    it('an article that ends right after =ypart has no data', () => {
      const result = corrupt(body('=ybegin part=1 line=128 size=10 name=x', '=ypart begin=1 end=10'));
      expect(result.reason).toBe('missing =yend');
      expect(result.bytes).toHaveLength(0);
    });

    it('=ypart without =ybegin is prose', () => {
      expect(corrupt(body('=ypart begin=1 end=10', 'abc', '=yend size=10')).reason).toBe('no yEnc data');
    });

    it('a second =ybegin before =yend is damage', () => {
      const begin = '=ybegin line=128 size=10 name=x';
      expect(corrupt(body(begin, 'abc', begin, 'abc', '=yend size=10')).reason).toBe('a second =ybegin before =yend');
    });

    it('text before it is ignored, also text that looks like it', () => {
      const data = noise(200);
      const prose = [
        'Hello,',
        '=ybegin is the keyword',
        '=ybegin2 line=1 size=1 name=x',
        ' =ybegin line=9 size=9 name=x',
        '',
      ];
      expect(ok(Buffer.concat([latin1(`${prose.join('\r\n')}\r\n`), singlePart(data)])).bytes).toEqual(data);
    });

    it('no end of text before it counts as no yEnc data, and the terminator is still found', () => {
      const prose = latin1('All work and no play makes Jack a dull boy.\r\n'.repeat(20_000));
      const input = Buffer.concat([prose, singlePart(noise(10))]);
      for (const pieces of [[input.length], [16_384], [4_097]]) {
        const result = corrupt(input, pieces);
        expect(result).toMatchObject({ reason: 'no yEnc data', consumed: input.length });
      }
    });

    it('one endless line is bounded as well', () => {
      const input = Buffer.concat([Buffer.alloc(400_000, 'a'), latin1('\r\n.\r\n')]);
      expect(corrupt(input, [1000])).toMatchObject({ reason: 'no yEnc data', consumed: input.length });
    });

    it('longer than any name can be, it is damage', () => {
      const input = body(`=ybegin line=128 size=1 name=${'x'.repeat(5000)}`, 'a', '=yend size=1');
      expect(corrupt(input).reason).toBe('=ybegin line too long');
    });
  });

  describe('8. names', () => {
    it('a =ypart line glued to the name', () => {
      const data = noise(9);
      const input = body(
        '=ybegin part=1 line=128 size=90 name=x.dat=ypart begin=1 end=9',
        encode(data),
        `=yend size=9 pcrc32=${hex(data)}`,
      );
      expect(ok(input)).toMatchObject({ part: { fileName: 'x.dat', range: { start: 0, end: 9 } }, bytes: data });
    });
  });

  describe('9. parts', () => {
    const data = noise(1000);
    const part = (ypart: string, size: string | number = 5000) =>
      body(`=ybegin part=2 total=5 line=128 size=${size} name=x`, ypart, encode(data), '=yend size=1000 part=2');

    it('are placed by =ypart, counted from 1, both ends inclusive', () => {
      expect(ok(multiPart(data, 1000, 5000)).part).toEqual({
        range: { start: 1000, end: 2000 },
        fileSize: 5000,
        fileName: 'file.bin',
        part: 2,
        totalParts: 9,
      });
    });

    it.each([
      '=ypart begin=2000 end=1001',
      '=ypart begin=0 end=1000',
      '=ypart begin=4001 end=5001',
      '=ypart begin=-5 end=995',
      '=ypart begin=999999999999999999999 end=1000000000000000000998',
      '=ypart begin=1001',
      '=ypart end=2000',
      '=ypart',
      '=ypart begin= end=',
    ])('%s is refused', (line) => {
      expect(corrupt(part(line)).reason).toMatch(/=ypart/);
    });

    it.each(['999999999999999999999', '-1', 'x', ''])('a file size of "%s" is refused', (size) => {
      expect(corrupt(part('=ypart begin=1001 end=2000', size)).reason).toBe('=ybegin size is unusable');
    });

    it('a file of 1 TiB is fine', () => {
      const start = 2 ** 40 - 1000;
      expect(ok(multiPart(data, start, 2 ** 40)).part.range).toEqual({ start, end: 2 ** 40 });
    });

    it('a part larger than allowed is refused before anything is allocated', () => {
      const input = body(
        '=ybegin part=1 line=128 size=99999999999 name=x',
        '=ypart begin=1 end=99999999999',
        'abc',
        '=yend size=3',
      );
      expect(corrupt(input).reason).toMatch(/larger than/);
    });

    it('a part without =ypart cannot be placed', () => {
      const input = body('=ybegin part=2 line=128 size=5000 name=x', encode(data), '=yend size=1000 part=2');
      expect(corrupt(input)).toMatchObject({ reason: 'missing =ypart', consumed: input.length });
    });

    it('the only part of one needs no =ypart', () => {
      const input = body('=ybegin part=1 total=1 line=128 size=1000 name=x', encode(data), '=yend size=1000');
      expect(ok(input).part.range).toEqual({ start: 0, end: 1000 });
    });

    it('total is optional, and a different part number in =yend is forgiven', () => {
      const input = body(
        '=ybegin part=5 line=128 size=5000 name=x',
        '=ypart begin=1 end=1000',
        encode(data),
        '=yend size=1000 part=10',
      );
      expect(ok(input).part.totalParts).toBeUndefined();
    });

    it('a blank line before =ypart is forgiven', () => {
      expect(ok(part('\r\n=ypart begin=1001 end=2000')).bytes).toEqual(data);
    });

    it('=ypart after the data began is damage', () => {
      const input = body(
        '=ybegin part=1 total=1 line=128 size=1000 name=x',
        encode(data),
        '=ypart begin=1 end=1000',
        '=yend size=1000',
      );
      expect(corrupt(input).reason).toBe('=ypart after the data began');
    });
  });

  describe('10. sizes', () => {
    const data = noise(500);
    it.each([
      ['more data than declared', 400, 400],
      ['less data than declared', 600, 600],
      ['=yend says more', 500, 600],
      ['=yend says less', 500, 400],
    ])('%s', (_, beginSize, endSize) => {
      const result = corrupt(body(`=ybegin line=128 size=${beginSize} name=x`, encode(data), `=yend size=${endSize}`));
      expect(result.bytes).toEqual(data.subarray(0, Math.min(beginSize, 500)));
    });

    it('an unusable size in =yend is damage, an absent one is not', () => {
      const lines = ['=ybegin line=128 size=500 name=x', encode(data)];
      expect(corrupt(body(...lines, '=yend size=abc')).reason).toMatch(/=yend size/);
      expect(ok(body(...lines, '=yend')).bytes).toEqual(data);
    });
  });

  describe('11. checksums', () => {
    const data = noise(1000);
    const single = (trailer: string) =>
      body('=ybegin line=128 size=1000 name=x', encode(data), `=yend size=1000${trailer}`);
    const part = (trailer: string) =>
      body(
        '=ybegin part=2 line=128 size=9000 name=x',
        '=ypart begin=1001 end=2000',
        encode(data),
        `=yend size=1000${trailer}`,
      );
    const crc = Number.parseInt(hex(data), 16);

    it('a part is checked against pcrc32; its crc32 is the whole file', () => {
      expect(ok(part(` pcrc32=${hex(data)} crc32=deadbeef`)).crc32).toBe(crc);
      expect(ok(part(' crc32=deadbeef')).crc32).toBeUndefined();
      expect(corrupt(part(` pcrc32=deadbeef crc32=${hex(data)}`))).toMatchObject({
        expectedCrc: 0xdeadbeef,
        actualCrc: crc,
      });
    });

    it('a single part is checked against crc32', () => {
      expect(ok(single(` crc32=${hex(data)}`)).crc32).toBe(crc);
      expect(corrupt(single(' crc32=00000001'))).toMatchObject({ expectedCrc: 1, actualCrc: crc });
    });

    it('it is optional', () => {
      expect(ok(single('')).crc32).toBeUndefined();
    });

    it.each([
      ['upper case', hex(data).toUpperCase()],
      ['a trailing space', `${hex(data)} `],
      ['64-bit sign extension', `ffffffff${hex(data)}`],
    ])('with %s', (_, text) => {
      expect(ok(single(` crc32=${text}`)).crc32).toBe(crc);
    });

    it.each(['', 'zzzzzzzz', '0x12345678', '123456789abcdef01'])('"%s" says nothing', (text) => {
      expect(ok(single(` crc32=${text}`)).crc32).toBeUndefined();
    });

    it('leading zeros may be missing', () => {
      const seeds = Array.from({ length: 2000 }, (_, seed) => noise(20, seed + 1));
      const short = seeds.find((bytes) => hex(bytes).startsWith('0')) as Uint8Array;
      const trailer = `=yend size=20 crc32=${hex(short).replace(/^0+/, '')}`;
      expect(ok(body('=ybegin line=128 size=20 name=x', encode(short), trailer)).bytes).toEqual(short);
    });
  });

  describe('12. empty files', () => {
    it.each(['', ' crc32=00000000'])('size=0 without data lines is valid (trailer "%s")', (crc) => {
      const { bytes, part } = ok(body('=ybegin line=128 size=0 name=empty', `=yend size=0${crc}`));
      expect(bytes).toHaveLength(0);
      expect(part.range).toEqual({ start: 0, end: 0 });
    });
  });

  describe('13. odd trailers', () => {
    const data = noise(100);
    const begin = ['=ybegin line=128 size=100 name=x', encode(data)];

    it('unknown and repeated properties: of repeated ones the first counts', () => {
      expect(ok(body(...begin, `=yend colour=red size=100 size=7 crc32=${hex(data)} crc32=1`)).bytes).toEqual(data);
    });

    it('an unknown control line in the data is skipped', () => {
      const half = [encode(data.subarray(0, 50)), '=yfuture of=yenc', encode(data.subarray(50))];
      const input = body('=ybegin line=128 size=100 name=x', ...half, `=yend size=100 crc32=${hex(data)}`);
      expect(ok(input).bytes).toEqual(data);
    });

    it('a cut =yend line is not a trailer', () => {
      expect(corrupt(body(...begin, '=yen')).reason).toBe('missing =yend');
    });
  });

  describe('14. bodies that are not yEnc', () => {
    it.each([
      ['uuencoded', body('begin 644 x', `M${'#'.repeat(60)}`, 'end')],
      ['plain text', body('Hello', '', '..', 'World')],
      ['empty lines', body('', '', '')],
      ['nothing', latin1(terminator)],
    ])('%s', (_, input) => {
      expect(corrupt(input)).toMatchObject({ reason: 'no yEnc data', consumed: input.length, bytes: undefined });
    });
  });

  it('the text of an article decodes to what it encodes', () => {
    expect(ok(raw('klm\r\n', 3)).bytes).toEqual(new Uint8Array(plus42('klm')));
  });
});

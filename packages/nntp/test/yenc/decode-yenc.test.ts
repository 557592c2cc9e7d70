import { Buffer } from 'node:buffer';
import { ArticleCorruptError, ConfigInvalidError } from '@newsreel/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeYenc } from '../../src/index.js';
import { arenaUse } from '../../src/yenc/arena.js';
import { encode, hex, latin1, noise } from './articles.js';

const file = (data: Uint8Array, stuff: boolean, end = '\r\n') =>
  latin1(
    [
      'From: nobody',
      `=ybegin line=128 size=${data.length} name=a.bin`,
      encode(data, { stuff }).toString('latin1').slice(0, -2),
      `=yend size=${data.length} crc32=${hex(data)}`,
      '',
    ]
      .join('\r\n')
      .replaceAll('\r\n', end),
  );

describe('decodeYenc', () => {
  it('decodes a text in memory into a copy of its own', () => {
    const data = noise(100_000);
    const { bytes, ...rest } = decodeYenc(file(data, false));
    expect(Buffer.compare(bytes, data)).toBe(0);
    expect(bytes.buffer.byteLength).toBe(data.length);
    expect(rest).toEqual({
      status: 'ok',
      crc32: Number.parseInt(hex(data), 16),
      part: {
        range: { start: 0, end: 100_000 },
        fileSize: 100_000,
        fileName: 'a.bin',
        part: undefined,
        totalParts: undefined,
      },
    });
    expect(arenaUse().takenBytes).toBe(0);
  });

  it('takes lines as CR LF or LF, dots doubled or not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(4, 4, 19, 79, 1, 224), { minLength: 1, maxLength: 900, size: 'max' }),
        fc.boolean(),
        fc.constantFrom('\n', '\r\n'),
        (values, dotStuffed, end) => {
          const data = Uint8Array.from(values);
          expect(Buffer.compare(decodeYenc(file(data, dotStuffed, end), { dotStuffed }).bytes, data)).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('reads a stored article up to its terminator', () => {
    const data = noise(500);
    const stored = Buffer.concat([file(data, true), latin1('.\r\nwhatever follows')]);
    expect(Buffer.compare(decodeYenc(stored, { dotStuffed: true }).bytes, data)).toBe(0);
  });

  it('needs no line end after =yend', () => {
    const data = noise(500);
    expect(Buffer.compare(decodeYenc(file(data, false).subarray(0, -2)).bytes, data)).toBe(0);
  });

  it('throws on damage and says what is wrong', () => {
    const damaged = file(noise(500), false);
    damaged[200] = 66;
    damaged[201] = 66;
    expect(() => decodeYenc(damaged)).toThrow(ArticleCorruptError);
    expect(() => decodeYenc(latin1('hello'))).toThrow(/no yEnc data/);
    expect(() => decodeYenc(new Uint8Array(0))).toThrow(/no yEnc data/);
    expect(arenaUse().takenBytes).toBe(0);
  });

  it('keeps what was decoded when asked', () => {
    const data = noise(50_000);
    const cut = file(data, false).subarray(0, 20_000);
    const { status, bytes, reason, part } = decodeYenc(cut, { keepDamaged: true });
    expect({ status, reason }).toEqual({ status: 'corrupt', reason: 'missing =yend' });
    expect(part?.fileSize).toBe(50_000);
    expect(bytes.length).toBeGreaterThan(19_000);
    expect(Buffer.compare(bytes, data.subarray(0, bytes.length))).toBe(0);
  });

  it('an escape at the very end of a cut text escapes nothing', () => {
    const open = (text: string) =>
      decodeYenc(latin1(`=ybegin line=9 size=9 name=x\r\n${text}`), { keepDamaged: true }).bytes;
    expect(Array.from(open('a='))).toEqual([55]);
    expect(Array.from(open('a=='))).toEqual([55, 0xd3]);
    expect(Array.from(open('a==='))).toEqual([55, 0xd3]);
  });

  it('refuses options it does not know', () => {
    expect(() => decodeYenc(latin1('x'), { dotstuffed: true } as never)).toThrow(ConfigInvalidError);
  });
});

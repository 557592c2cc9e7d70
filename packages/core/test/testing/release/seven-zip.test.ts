import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { variable } from '../../../src/testing/release/archive/seven-zip/property.js';
import { makeRelease } from '../../../src/testing.js';
import { expected, type Found, packedRelease, volumesOf } from './support.js';

/** Reads a row of numbers as 7zFormat.txt has them. */
function reader(bytes: Buffer) {
  let at = 0;
  const byte = () => bytes[at++]!;
  const number = () => {
    const first = byte();
    let value = 0n;
    let mask = 0x80;
    for (let more = 0n; more < 8n; more++, mask >>= 1) {
      if ((first & mask) === 0) return Number(value + (BigInt(first & (mask - 1)) << (8n * more)));
      value += BigInt(byte()) << (8n * more);
    }
    return Number(value);
  };
  const take = (count: number) => {
    at += count;
    return bytes.subarray(at - count, at);
  };
  return { byte, number, take, expectBytes: (...values: number[]) => expect([...take(values.length)]).toEqual(values) };
}

/** Reads back an archive with folders of one copy coder each. */
function un7z(archive: Buffer): Found[] {
  expect(archive.subarray(0, 8).toString('hex')).toBe('377abcaf271c0004');
  expect(archive.readUInt32LE(8)).toBe(crc32(archive.subarray(12, 32)));
  const start = 32 + Number(archive.readBigUInt64LE(12));
  const header = archive.subarray(start, start + Number(archive.readBigUInt64LE(20)));
  expect([crc32(header), start + header.length]).toEqual([archive.readUInt32LE(28), archive.length]);
  const { byte, number, take, expectBytes } = reader(header);
  expectBytes(0x01, 0x04, 0x06, 0x00);
  const streams = number();
  expectBytes(0x09);
  const sizes = Array.from({ length: streams }, number);
  expectBytes(0x00, 0x07, 0x0b);
  expect([number(), byte()]).toEqual([streams, 0]);
  for (let at = 0; at < streams; at++) expectBytes(1, 1, 0);
  expectBytes(0x0c);
  expect(Array.from({ length: streams }, number)).toEqual(sizes);
  expectBytes(0x00, 0x08, 0x0a, 1);
  const crcs = Array.from({ length: streams }, () => take(4).readUInt32LE());
  expectBytes(0x00, 0x00, 0x05);
  const count = number();
  const properties = new Map<number, Buffer>();
  for (let type = byte(); type !== 0; type = byte()) properties.set(type, take(number()));
  expectBytes(0x00);
  const names = properties.get(0x11)!.toString('utf16le', 1).split('\0').slice(0, count);
  const empty = properties.get(0x0e);
  let offset = 32;
  return names.map((path, at) => {
    if (((empty?.[at >> 3] ?? 0) << (at & 7)) & 0x80) return { path, crc: 0, bytes: Buffer.alloc(0) };
    const size = sizes.shift()!;
    offset += size;
    return { path, crc: crcs.shift()!, bytes: archive.subarray(offset - size, offset) };
  });
}

describe('7z of a release', () => {
  it('has every member, copied', () => {
    const release = packedRelease({ format: '7z' });
    expect(release.files.map(({ name }) => name)).toEqual(['pack.7z']);
    expect(un7z(volumesOf(release)[0]!)).toEqual(expected(release));
  });

  it('is cut when it is larger than a volume', () => {
    const release = packedRelease({ format: '7z', volumeBytes: 12_000 });
    expect(release.files.map(({ name }) => name)).toEqual(['pack.7z.001', 'pack.7z.002', 'pack.7z.003']);
    expect(un7z(Buffer.concat(volumesOf(release)))).toEqual(expected(release));
  });

  it('may be of empty files alone', () => {
    const release = packedRelease({ format: '7z' }, [{ name: 'empty', size: 0 }]);
    const header = volumesOf(release)[0]!.subarray(32).toString('hex');
    expect(header).toMatch(/^0105010e01800f018011/);
  });

  it('is byte for byte what the format says', () => {
    const files = [{ name: 'a', bytes: Buffer.from('hi') }];
    const release = makeRelease({ name: 'z', files, archive: { format: '7z' }, nzb: { postedMs: 0 } });
    const [archive] = volumesOf(release);
    expect(archive!.subarray(12, 28).toString('hex')).toBe('02000000000000003200000000000000');
    expect(archive!.subarray(32).toString('hex')).toBe(
      [
        '6869',
        '01040600010902',
        '00070b01000101000c0200080a01ac2a93d80000',
        '050111050061000000',
        // 1970 in steps of 100 ns since 1601.
        '140a010000803ed5deb19d01',
        '0000',
      ].join(''),
    );
  });

  it('has numbers of any length', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(reader(Buffer.from(variable(value))).number()).toBe(value);
      }),
    );
    for (const [value, hex] of [
      [0, '00'],
      [0x7f, '7f'],
      [0x80, '8080'],
      [0x3fff, 'bfff'],
      [0x4000, 'c00040'],
    ] as const)
      expect(Buffer.from(variable(value)).toString('hex')).toBe(hex);
  });
});

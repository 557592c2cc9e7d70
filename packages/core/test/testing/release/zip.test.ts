import { describe, expect, it } from 'vitest';
import { makeRelease } from '../../../src/testing.js';
import { expected, type Found, packedRelease, payload, volumesOf } from './support.js';

/** Reads a ZIP back from its end, as readers do. */
function unzip(zip: Buffer): Found[] {
  const end = zip.length - 22;
  expect(zip.readUInt32LE(end)).toBe(0x06054b50);
  let at = zip.readUInt32LE(end + 16);
  return Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
    expect(zip.readUInt32LE(at)).toBe(0x02014b50);
    const [crc, size, nameBytes] = [zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 24), zip.readUInt16LE(at + 28)];
    const path = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    const local = zip.readUInt32LE(at + 42);
    expect(zip.subarray(local + 6, local + 30)).toEqual(zip.subarray(at + 8, at + 32));
    const data = local + 30 + nameBytes;
    at += 46 + nameBytes;
    return { path, crc, bytes: zip.subarray(data, data + size) };
  });
}

describe('ZIP of a release', () => {
  it('has every member, stored', () => {
    const release = packedRelease({ format: 'zip' });
    expect(release.files.map(({ name }) => name)).toEqual(['pack.zip']);
    expect(unzip(volumesOf(release)[0]!)).toEqual(expected(release));
  });

  it('is cut when it is larger than a volume', () => {
    const release = packedRelease({ format: 'zip', volumeBytes: 10_000 });
    expect(release.files.map(({ name }) => name)).toEqual(['pack.zip.001', 'pack.zip.002', 'pack.zip.003']);
    expect(unzip(Buffer.concat(volumesOf(release)))).toEqual(expected(release));
  });

  it('is byte for byte what the specification says', () => {
    const files = [{ name: 'a', bytes: Buffer.from('hi') }];
    const release = makeRelease({ name: 'z', files, archive: { format: 'zip' }, nzb: { postedMs: 1_577_934_246_000 } });
    // 2020-01-02 03:04:06: 0x5022, 0x1883. CRC-32 of "hi": 0xd8932aac.
    const shared = '0008000083182250ac2a93d8020000000200000001000000';
    expect(volumesOf(release)[0]!.toString('hex')).toBe(
      [
        `504b03041400${shared}61`,
        '6869',
        `504b01022d031400${shared}0000000000000000a4810000000061`,
        '504b050600000000010001002f000000210000000000',
      ].join(''),
    );
  });

  it('grows ZIP64 records where sizes and offsets ask for them', () => {
    const size = 5 * 2 ** 30;
    const files = [
      { name: 'large.mkv', size },
      { name: 'after.txt', size: 10 },
    ];
    const release = makeRelease({ name: 'z', files, archive: { format: 'zip' }, partBytes: 2 ** 24 });
    const [zip] = release.files;
    const tail = Buffer.from(zip!.read({ start: zip!.size - 98, end: zip!.size }));
    expect([tail.readUInt32LE(0), tail.readUInt32LE(56), tail.readUInt32LE(76)]).toEqual([
      0x06064b50, 0x07064b50, 0x06054b50,
    ]);
    const directory = Number(tail.readBigUInt64LE(48));
    expect(Number(tail.readBigUInt64LE(64))).toBe(zip!.size - 98);
    const central = Buffer.from(zip!.read({ start: directory, end: zip!.size - 98 }));
    expect(central.length).toBe(Number(tail.readBigUInt64LE(40)));
    expect([central.readUInt32LE(24), Number(central.readBigUInt64LE(46 + 9 + 4))]).toEqual([0xffffffff, size]);
    const second = 46 + 9 + 20;
    const local = Number(central.readBigUInt64LE(second + 46 + 9 + 4));
    const header = Buffer.from(zip!.read({ start: local, end: local + 39 }));
    expect([header.readUInt32LE(0), header.toString('latin1', 30)]).toEqual([0x04034b50, 'after.txt']);
  });
});

describe('split files of a release', () => {
  it('join to what they were', () => {
    const release = packedRelease({ format: 'split', volumeBytes: 10_000 });
    expect(release.files.map(({ name, size }) => [name, size])).toEqual([
      ['film.mkv.001', 10_000],
      ['film.mkv.002', 10_000],
      ['film.mkv.003', 5000],
      ['größe.txt.001', 16],
      ['empty.nfo.001', 0],
      ['last.bin.001', 4321],
    ]);
    const film = expected(release)[0]!.bytes;
    expect(Buffer.concat(volumesOf(release).slice(0, 3)).equals(film)).toBe(true);
  });

  it('need a size', () => {
    expect(() => makeRelease({ name: 'x', files: payload, archive: { format: 'split' } })).toThrow(/volumeBytes/);
  });
});

import { createHash } from 'node:crypto';
import { crc32, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lzma, lzmaProperties } from '../../../src/testing/release/archive/seven-zip/lzma.js';
import { makeRelease, type ReleaseArchive, type ReleasePayload } from '../../../src/testing.js';
import { packedRelease, payload, volumesOf } from './support.js';

const text = [{ name: 'text.txt', bytes: Buffer.from('the same again '.repeat(1000)) }];
const folder: ReleasePayload = { name: 'a folder', folder: true };
const [hi] = [{ name: 'a', bytes: Buffer.from('hi') }];
const first = (archive: ReleaseArchive, files: readonly ReleasePayload[] = [hi]) =>
  volumesOf(makeRelease({ name: 'z', files, archive, nzb: { postedMs: 1_577_934_246_000 } }))[0]!;

/** Decodes LZMA that has nothing but literals, with as much context as the first property says. */
function literals(packed: Uint8Array, size: number): Buffer {
  const [context, positions] = [lzmaProperties[0]! % 9, 2 ** Math.floor(lzmaProperties[0]! / 45)];
  const probabilities = new Map<string, number>();
  let at = 5;
  let code = Buffer.from(packed).readUInt32BE(1);
  let range = 0xffffffff;
  const bit = (place: string): number => {
    const probability = probabilities.get(place) ?? 1024;
    const bound = Math.floor(range / 2048) * probability;
    const one = code >= bound;
    probabilities.set(place, one ? probability - (probability >> 5) : probability + ((2048 - probability) >> 5));
    code -= one ? bound : 0;
    range = one ? range - bound : bound;
    if (range < 2 ** 24) {
      range *= 256;
      code = code * 256 + packed[at++]!;
    }
    return one ? 1 : 0;
  };
  const bytes = Buffer.alloc(size);
  for (let place = 0; place < size; place++) {
    expect(bit(`match ${place % positions}`)).toBe(0);
    const high = (place > 0 ? bytes[place - 1]! : 0) >> (8 - context);
    let symbol = 1;
    while (symbol < 256) symbol = symbol * 2 + bit(`${high} ${symbol}`);
    bytes[place] = symbol - 256;
  }
  expect([at, code]).toEqual([packed.length, 0]);
  return bytes;
}

describe('LZMA of headers', () => {
  it('is what was packed', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc
        .uint8Array({ maxLength: 30 })
        .map((piece) => new Uint8Array(Array.from({ length: 50 }, () => [...piece]).flat())),
      fc.nat(5000).map((length) => new Uint8Array(length).fill(0xff)),
    );
    fc.assert(
      fc.property(bytes, (plain) => {
        expect(literals(lzma(plain), plain.length).equals(plain)).toBe(true);
      }),
    );
  });

  it('hides names, and the start of the archive says where it is described', () => {
    const archive = first({ format: '7z', header: 'lzma' }, payload);
    const start = 32 + Number(archive.readBigUInt64LE(12));
    const encoded = archive.subarray(start);
    expect([encoded[0], encoded.length, crc32(encoded)]).toEqual([
      0x17,
      Number(archive.readBigUInt64LE(20)),
      archive.readUInt32LE(28),
    ]);
    expect(archive.includes(Buffer.from('last.bin', 'utf16le'))).toBe(false);
  });
});

describe('deflated members of a ZIP', () => {
  it('are what was packed', () => {
    const zip = first({ format: 'zip', compression: 'deflate' }, text);
    expect([zip.readUInt16LE(8), zip.readUInt32LE(14)]).toEqual([8, crc32(text[0]!.bytes)]);
    const packedBytes = zip.readUInt32LE(18);
    expect(packedBytes).toBeLessThan(200);
    const data = zip.subarray(30 + 'text.txt'.length).subarray(0, packedBytes);
    expect(inflateRawSync(data).equals(text[0]!.bytes)).toBe(true);
  });

  it('are held, so there is a bound', () => {
    expect(() => first({ format: 'zip', compression: 'deflate' }, [{ name: 'a', size: 2 ** 29 }])).toThrow(/256 MiB/);
  });
});

describe('compression that is only said to be', () => {
  it.each([
    // The numbers behind the host in RAR 5, and in front of the length of the name in RAR 4.
    ['rar5', '8003'],
    ['rar4', '1d330100'],
    ['zip', '0e00'],
    ['7z', '2303010105'],
  ] as const)('is in the headers of %s', (format, mark) => {
    const [plain, pretended] = [first({ format }), first({ format, compression: 'pretend' })];
    expect([plain.includes('hi'), pretended.includes('hi')]).toEqual([true, true]);
    expect(plain.toString('hex')).not.toContain(mark);
    expect(pretended.toString('hex')).toContain(mark);
  });
});

describe('a program in front', () => {
  it.each(['rar5', 'rar4', 'zip', '7z'] as const)('of %s', (format) => {
    const release = makeRelease({ name: 'z', files: [hi], archive: { format, prefixBytes: 3000 } });
    const [program] = volumesOf(release);
    expect([release.files[0]!.name, program!.toString('latin1', 0, 2)]).toEqual(['z.exe', 'MZ']);
    const plain = volumesOf(makeRelease({ name: 'z', files: [hi], archive: { format } }))[0]!;
    expect(program!.subarray(3000).equals(plain)).toBe(true);
  });

  it('is in the first volume only, and counts', () => {
    const release = packedRelease({ format: 'rar5', volumeBytes: 9000, prefixBytes: 3000 });
    expect(release.files.map(({ name, size }) => [name, size]).slice(0, 2)).toEqual([
      ['pack.part01.exe', 9000],
      ['pack.part02.rar', 9000],
    ]);
    expect(volumesOf(release).map((volume) => volume.indexOf('Rar!'))).toEqual([3000, 0, 0, 0]);
  });
});

describe('what is allowed and rarely needed', () => {
  it.each(['rar5', 'rar4'] as const)('in %s is a comment in front and records in every volume', (format) => {
    const volumes = volumesOf(packedRelease({ format, extras: true, volumeBytes: 9000 }));
    expect(volumes.map((volume) => volume.includes('CMT'))).toEqual(volumes.map((_, at) => at === 0));
    expect(volumes.every((volume) => volume.includes('RR') && volume.length <= 9000)).toBe(true);
  });

  it('in RAR 4 is a name in Unicode behind a plain one', () => {
    const volume = first({ format: 'rar4', extras: true }, [{ name: 'größe', size: 1 }]);
    const name = Buffer.from('00 00 aa 6700 7200 f600 df00 aa 6500'.replaceAll(' ', ''), 'hex');
    expect(volume.includes(Buffer.concat([Buffer.from('gr__e'), name]))).toBe(true);
  });

  it('in ZIP are sizes behind the bytes, fields and comments', () => {
    const zip = first({ format: 'zip', extras: true });
    expect([zip.readUInt16LE(6) & 8, zip.readUInt32LE(14), zip.readUInt32LE(18)]).toEqual([8, 0, 0]);
    const data = 30 + 1 + zip.readUInt16LE(28);
    expect(zip.toString('latin1', data, data + 2)).toBe('hi');
    const numbers = [0, 4, 8, 12].map((place) => zip.readUInt32LE(data + 2 + place));
    expect(numbers).toEqual([0x08074b50, 0xd8932aac, 2, 2]);
    expect(zip.toString('latin1').endsWith('A comment behind everything else.')).toBe(true);
  });
});

describe('folders', () => {
  it('are in archives and no members', () => {
    for (const format of ['rar5', 'rar4', 'zip', '7z'] as const) {
      const release = makeRelease({ name: 'z', files: [folder, hi], archive: { format } });
      expect([release.folders, release.members.map(({ path }) => path)]).toEqual([['a folder'], ['a']]);
      const name = Buffer.from('a folder', format === '7z' ? 'utf16le' : 'utf8');
      expect(volumesOf(release)[0]!.includes(name)).toBe(true);
    }
  });

  it('are marked as such', () => {
    // RAR 5: flags "folder" and "time", no size, mode 40755. RAR 4: the bits of a folder. ZIP: a slash. 7z: no empty file.
    expect(first({ format: 'rar5' }, [folder]).toString('hex')).toContain('0300ed8301');
    expect(first({ format: 'rar4' }, [folder]).toString('hex')).toContain('74e080');
    expect(first({ format: 'zip' }, [folder]).includes('a folder/')).toBe(true);
    expect(first({ format: '7z' }, [folder]).toString('hex')).toContain('0e01800f0100');
  });

  it('are for archives', () => {
    expect(() => makeRelease({ name: 'z', files: [folder] })).toThrow(/folders/);
    expect(() => first({ format: 'split', volumeBytes: 5 }, [folder])).toThrow(/folders/);
    expect(() => first({ format: 'zip' }, [{ name: 'a', size: 1, folder: true }])).toThrow(/folder/);
  });
});

describe('options of archives', () => {
  it('are refused where they mean nothing', () => {
    const wrong: readonly (readonly [ReleaseArchive, RegExp])[] = [
      [{ format: 'rar5', compression: 'deflate' }, /compression/],
      [{ format: 'tar', compression: 'pretend' }, /compression/],
      [{ format: 'zip', header: 'lzma' }, /header/],
      [{ format: 'iso', prefixBytes: 5 }, /prefixBytes/],
      [{ format: 'iso', extras: true }, /extras/],
      [{ format: 'zip', naming: 'r00' }, /naming/],
    ];
    for (const [archive, message] of wrong) expect(() => first(archive)).toThrow(message);
  });

  it('give the same bytes on every machine', () => {
    const archive: ReleaseArchive = {
      ...{ format: 'rar5', volumeBytes: 9000, password: 'x', encrypt: 'headers', keyRoundsLog2: 2, extras: true },
      inside: [{ format: 'zip', extras: true }, { format: '7z', header: 'lzma' }, { format: 'tar' }, { format: 'iso' }],
    };
    const hash = createHash('sha256');
    for (const volume of volumesOf(packedRelease({ ...archive, innerNames: 'random' }))) hash.update(volume);
    expect(hash.digest('hex')).toBe('4ec0d8a5d2245cf7f2ace71b9b60939a8d40e3ff0fb8e609a08c4a4356071dba');
  });
});

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRelease, type ReleaseArchive } from '../../../src/testing.js';
import { expected, type Found, packedRelease, payload, volumesOf } from './support.js';

/** A block read back, whichever version of RAR it is. */
interface Block {
  readonly type: 'main' | 'file' | 'end';
  readonly splitBefore: boolean;
  readonly splitAfter: boolean;
  readonly size: number;
  readonly crc: number;
  readonly path: string;
  readonly data: Buffer;
  /** Of main and end blocks: flags and volume number. */
  readonly flags: number;
  readonly volume: number;
}

const blank = { splitBefore: false, splitAfter: false, size: 0, crc: 0, path: '', data: Buffer.alloc(0), volume: 0 };

function blocks5(rar: Buffer): Block[] {
  expect(rar.subarray(0, 8)).toEqual(Buffer.from('Rar!\x1a\x07\x01\x00', 'latin1'));
  const found: Block[] = [];
  let at = 8;
  const vint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = rar[at++]!;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  const fixed = () => {
    at += 4;
    return rar.readUInt32LE(at - 4);
  };
  while (at < rar.length) {
    const crc = fixed();
    const start = at;
    const size = vint();
    const end = at + size;
    expect(crc32(rar.subarray(start, end))).toBe(crc);
    const [type, flags] = [vint(), vint()];
    const dataBytes = flags & 2 ? vint() : 0;
    const own = vint();
    if (type === 1) found.push({ ...blank, type: 'main', flags: own, volume: own & 2 ? vint() : 0 });
    if (type === 5) found.push({ ...blank, type: 'end', flags: own });
    if (type === 2) {
      expect(own).toBe(6);
      const fileBytes = vint();
      expect(vint()).toBe(0o100644);
      expect(fixed()).toBe(1_700_000_000);
      const dataCrc = fixed();
      expect([vint(), vint()]).toEqual([0, 1]);
      const nameBytes = vint();
      const path = rar.toString('utf8', at, at + nameBytes);
      at += nameBytes;
      const data = rar.subarray(end, end + dataBytes);
      const split = { splitBefore: (flags & 8) > 0, splitAfter: (flags & 16) > 0 };
      found.push({ ...blank, ...split, type: 'file', size: fileBytes, crc: dataCrc, path, data, flags });
    }
    expect(at).toBe(end);
    at += dataBytes;
  }
  return found;
}

function blocks4(rar: Buffer): Block[] {
  expect(rar.subarray(0, 7)).toEqual(Buffer.from('Rar!\x1a\x07\x00', 'latin1'));
  const found: Block[] = [];
  for (let at = 7; at < rar.length; ) {
    const [crc, type, flags, bytes] = [
      rar.readUInt16LE(at),
      rar[at + 2]!,
      rar.readUInt16LE(at + 3),
      rar.readUInt16LE(at + 5),
    ];
    const end = at + bytes;
    expect(crc32(rar.subarray(at + 2, end)) & 0xffff).toBe(crc);
    if (type === 0x73) found.push({ ...blank, type: 'main', flags });
    if (type === 0x7b) found.push({ ...blank, type: 'end', flags, volume: flags & 8 ? rar.readUInt16LE(at + 7) : 0 });
    if (type === 0x74) {
      expect([flags & 0x8000, rar[at + 15], rar[at + 25]]).toEqual([0x8000, 3, 0x30]);
      const data = rar.subarray(end, end + rar.readUInt32LE(at + 7));
      const split = { splitBefore: (flags & 1) > 0, splitAfter: (flags & 2) > 0 };
      const path = rar.toString('utf8', end - rar.readUInt16LE(at + 26), end).replace('\\', '/');
      const [size, dataCrc] = [rar.readUInt32LE(at + 11), rar.readUInt32LE(at + 16)];
      found.push({ ...blank, ...split, type: 'file', size, crc: dataCrc, path, data, flags });
      at += data.length;
    }
    at += bytes;
  }
  return found;
}

const readers = { rar4: blocks4, rar5: blocks5 };

/** Puts members together from the volumes, and checks that flags and checksums fit. */
function joined(volumes: readonly (readonly Block[])[]): Found[] {
  const found: Found[] = [];
  let open: { path: string; pieces: Buffer[] } | undefined;
  for (const [number, blocks] of volumes.entries()) {
    expect(blocks.map(({ type }) => type).join(' ')).toMatch(/^main( file)* end$/);
    const files = blocks.filter(({ type }) => type === 'file');
    for (const [at, block] of files.entries()) {
      expect(block.splitBefore).toBe(open !== undefined);
      if (block.splitBefore) expect([at, block.path]).toEqual([0, open?.path]);
      open ??= { path: block.path, pieces: [] };
      open.pieces.push(block.data);
      const bytes = Buffer.concat(open.pieces);
      expect(block.crc).toBe(crc32(block.splitAfter ? block.data : bytes));
      if (block.splitAfter) {
        expect([at, block.data.length > 0]).toEqual([files.length - 1, true]);
        continue;
      }
      expect(bytes.length).toBe(block.size);
      found.push({ path: open.path, bytes, crc: block.crc });
      open = undefined;
    }
    if (number + 1 < volumes.length) expect(files.length).toBeGreaterThan(0);
  }
  expect(open).toBeUndefined();
  return found;
}

const hex = (archive: ReleaseArchive) =>
  volumesOf(
    makeRelease({
      name: 'z',
      files: [{ name: 'a', bytes: Buffer.from('hi') }],
      archive,
      nzb: { postedMs: 1_577_934_246_000 },
    }),
  )[0]!.toString('hex');

describe.each(['rar5', 'rar4'] as const)('%s of a release', (format) => {
  it('has every member, stored', () => {
    const release = packedRelease({ format });
    expect(release.files.map(({ name }) => name)).toEqual(['pack.rar']);
    const blocks = readers[format](volumesOf(release)[0]!);
    expect(joined([blocks])).toEqual(expected(release));
    expect(blocks[0]!.flags).toBe(0);
  });

  it('has members that go on from volume to volume', () => {
    const release = packedRelease({ format, volumeBytes: 5000 });
    const volumes = volumesOf(release);
    expect(release.files.map(({ name }) => name)).toEqual(
      Array.from({ length: 6 }, (_, at) => `pack.part0${at + 1}.rar`),
    );
    for (const volume of volumes.slice(0, -1)) expect(volume).toHaveLength(5000);
    expect(joined(volumes.map(readers[format]))).toEqual(expected(release));
  });

  it('numbers volumes and says whether another follows', () => {
    const volumes = volumesOf(packedRelease({ format, volumeBytes: 5000 })).map(readers[format]);
    const [main, end] = [volumes.map((blocks) => blocks[0]!), volumes.map((blocks) => blocks.at(-1)!)];
    const last = volumes.length - 1;
    expect((format === 'rar5' ? main : end).map(({ volume }) => volume)).toEqual(volumes.map((_, at) => at));
    expect(end.map(({ flags }) => (flags & 1) > 0)).toEqual(volumes.map((_, at) => at < last));
    const first = format === 'rar5' ? 0x01 : 0x0111;
    const other = format === 'rar5' ? 0x03 : 0x0011;
    expect(main.map(({ flags }) => flags)).toEqual(volumes.map((_, at) => (at === 0 ? first : other)));
  });

  it('is right for any volume size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 120, max: 40_000 }), (volumeBytes) => {
        const release = packedRelease({ format, volumeBytes });
        const volumes = volumesOf(release);
        for (const volume of volumes) expect(volume.length).toBeLessThanOrEqual(volumeBytes);
        const found = joined(volumes.map(readers[format]));
        expect(found.map(({ path, crc }) => [path, crc])).toEqual(
          expected(release).map(({ path, crc }) => [path, crc]),
        );
      }),
      { numRuns: 25 },
    );
  });

  it('refuses volumes too small for a header', () => {
    expect(() => packedRelease({ format, volumeBytes: 50 })).toThrow(/volumeBytes/);
  });

  it('may have the old names', () => {
    const names = (volumeBytes: number) =>
      packedRelease({ format, volumeBytes, naming: 'r00' }).files.map(({ name }) => name);
    expect(names(10_000)).toEqual(['pack.rar', 'pack.r00', 'pack.r01']);
    expect(names(300).slice(99, 103)).toEqual(['pack.r98', 'pack.r99', 'pack.s00', 'pack.s01']);
    expect(() => packedRelease({ format, volumeBytes: 120, naming: 'r00' }, [{ name: 'a', size: 90_000 }])).toThrow(
      /901/,
    );
  });
});

describe('RAR of a release, byte for byte as the technotes say', () => {
  it('in version 5', () => {
    // Header checksums apart, every byte is from the tables of the technote.
    expect(hex({ format: 'rar5' })).toBe(
      [
        '526172211a070100',
        'c51a333203010000',
        '2ed0e8ad140202020602a48302a65d0d5eac2a93d800010161',
        '6869',
        '19b23a3503050000',
      ].join(''),
    );
  });

  it('in version 4', () => {
    expect(hex({ format: 'rar4' })).toBe(
      [
        '526172211a0700',
        'cf907300000d00000000000000',
        'f8257400802100020000000200000003ac2a93d88318225014300100a481000061',
        '6869',
        'c43d7b00400700',
      ].join(''),
    );
  });

  it('has numbers of any length for sizes beyond 4 GiB in version 5', () => {
    const files = [{ name: 'a', size: 5 * 2 ** 30 + 7 }];
    const release = makeRelease({ name: 'z', files, archive: { format: 'rar5' }, partBytes: 2 ** 24 });
    const header = Buffer.from(release.files[0]!.read({ start: 16, end: 16 + 4 + 1 + 28 }));
    // Five groups of seven bits: 7, 0, 0, 0, 20.
    expect(header.subarray(4).toString('hex')).toMatch(/^1c02028780808014068780808014a48302/);
    expect(release.files[0]!.size).toBe(16 + 4 + 1 + 28 + files[0]!.size + 8);
  });

  it('has 64 bits for sizes beyond 4 GiB in version 4', () => {
    const size = 5 * 2 ** 30 + 7;
    const release = makeRelease({
      name: 'z',
      files: [{ name: 'a', size }],
      archive: { format: 'rar4' },
      partBytes: 2 ** 24,
    });
    const header = Buffer.from(release.files[0]!.read({ start: 20, end: 61 }));
    expect(header.readUInt16LE(3) & 0x100).toBe(0x100);
    expect([header.readUInt32LE(7), header.readUInt32LE(32)]).toEqual([2 ** 30 + 7, 1]);
    expect([header.readUInt32LE(11), header.readUInt32LE(36)]).toEqual([2 ** 30 + 7, 1]);
  });
});

describe('names of volumes', () => {
  it('are for RAR only', () => {
    expect(() => makeRelease({ name: 'x', files: payload, archive: { format: 'zip', naming: 'part' } })).toThrow(
      /naming/,
    );
  });
});

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeRelease, type Release, type ReleaseOptions, type ReleasePar2 } from '../../../src/testing.js';

const options: ReleaseOptions = {
  name: 'pack',
  partBytes: 1000,
  files: [
    { name: 'a/film.mkv', size: 40_000 },
    { name: 'größe.txt', bytes: Buffer.from('how large is it?') },
    { name: 'empty.nfo', size: 0 },
  ],
};

const md5 = (...pieces: Uint8Array[]) => createHash('md5').update(Buffer.concat(pieces)).digest();
const bytesOf = (release: Release, name: string) => {
  const file = release.files.find((one) => one.name === name)!;
  return Buffer.from(file.read({ start: 0, end: file.size }));
};

interface Packet {
  readonly type: string;
  readonly body: Buffer;
}

/** Takes a PAR2 file apart and checks what every packet says of itself. */
function packetsOf(par2: Buffer): Packet[] {
  const found: Packet[] = [];
  for (let at = 0; at < par2.length; ) {
    expect(par2.toString('latin1', at, at + 8)).toBe('PAR2\0PKT');
    const end = at + Number(par2.readBigUInt64LE(at + 8));
    expect(end % 4).toBe(0);
    expect(par2.subarray(at + 16, at + 32)).toEqual(md5(par2.subarray(at + 32, end)));
    found.push({ type: par2.toString('latin1', at + 48, at + 64), body: par2.subarray(at + 64, end) });
    at = end;
  }
  return found;
}

const bodies = (packets: readonly Packet[], type: string) =>
  packets.filter((packet) => packet.type === `PAR 2.0\0${type}`.padEnd(16, '\0')).map(({ body }) => body);

/** The recovery slice with an exponent, as a field of polynomials has it: slow and obvious. */
function recoverySlice(slices: readonly Buffer[], exponent: number): Buffer {
  const multiply = (a: number, b: number) => {
    let product = 0;
    for (let bit = 0, power = a; bit < 16; bit++, power = power & 0x8000 ? (power << 1) ^ 0x1100b : power << 1)
      if ((b >> bit) & 1) product ^= power;
    return product;
  };
  const result = Buffer.alloc(slices[0]!.length);
  let log = 0;
  for (const slice of slices) {
    do log++;
    while ([3, 5, 17, 257].some((factor) => log % factor === 0));
    let factor = 1;
    for (let step = 0; step < log * exponent; step++) factor = multiply(factor, 2);
    for (let at = 0; at < slice.length; at += 2)
      result.writeUInt16LE(result.readUInt16LE(at) ^ multiply(slice.readUInt16LE(at), factor), at);
  }
  return result;
}

describe('PAR2 of a release', () => {
  const release = makeRelease({ ...options, par2: { sliceBytes: 3000, recoverySlices: 3 } });
  const packets = packetsOf(bytesOf(release, 'pack.par2'));
  const [main] = bodies(packets, 'Main') as [Buffer];
  const described = bodies(packets, 'FileDesc').map((body) => ({
    id: body.subarray(0, 16),
    md5: body.subarray(16, 32),
    firstMd5: body.subarray(32, 48),
    size: Number(body.readBigUInt64LE(48)),
    name: body.toString('utf8', 56).replace(/\0+$/, ''),
  }));

  it('knows true names, sizes and hashes of what is not empty', () => {
    expect(described.map(({ name }) => name).sort()).toEqual(['film.mkv', 'größe.txt']);
    for (const { id, md5: whole, firstMd5, size, name } of described) {
      const bytes = bytesOf(release, name);
      expect([size, whole, firstMd5]).toEqual([bytes.length, md5(bytes), md5(bytes.subarray(0, 16_384))]);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(size));
      expect(id).toEqual(md5(firstMd5, length, Buffer.from(name)));
    }
  });

  it('lists the files in the order of their ids', () => {
    expect([Number(main.readBigUInt64LE(0)), main.readUInt32LE(8)]).toEqual([3000, 2]);
    const ids = [main.subarray(12, 28), main.subarray(28, 44)];
    expect(ids).toEqual(described.map(({ id }) => id));
    expect(Buffer.compare(Buffer.from(ids[0]!).reverse(), Buffer.from(ids[1]!).reverse())).toBe(-1);
    expect(bytesOf(release, 'pack.par2').subarray(32, 48)).toEqual(md5(main));
  });

  it('knows the checksums of slices, the last filled up', () => {
    const checksums = bodies(packets, 'IFSC');
    for (const { id, name } of described) {
      const body = checksums.find((one) => one.subarray(0, 16).equals(id))!;
      const bytes = bytesOf(release, name);
      const count = Math.ceil(bytes.length / 3000);
      const last = Buffer.alloc(3000);
      bytes.copy(last, 0, (count - 1) * 3000);
      expect(body).toHaveLength(16 + 20 * count);
      expect([body.subarray(-20, -4), body.readUInt32LE(body.length - 4)]).toEqual([md5(last), crc32(last)]);
    }
  });

  it('can make slices again', () => {
    const slices = described.flatMap(({ name }) => {
      const bytes = bytesOf(release, name);
      const filled = Buffer.concat([bytes, Buffer.alloc(3000)]);
      return Array.from({ length: Math.ceil(bytes.length / 3000) }, (_, at) =>
        filled.subarray(at * 3000, at * 3000 + 3000),
      );
    });
    const recovery = bodies(packetsOf(bytesOf(release, 'pack.vol0+3.par2')), 'RecvSlic');
    for (const exponent of [0, 1, 2]) {
      expect(recovery[exponent]!.readUInt32LE(0)).toBe(exponent);
      expect(recovery[exponent]!.subarray(4).equals(recoverySlice(slices, exponent))).toBe(true);
    }
  });

  it('knows volumes that are left out, and no duplicates', () => {
    const volumes = { drop: [2], duplicate: [1] };
    const archive = { format: 'rar5' as const, volumeBytes: 20_000, naming: 'random' as const, volumes };
    const incomplete = makeRelease({ ...options, archive, par2: true });
    const whole = makeRelease({ ...options, archive: { ...archive, volumes: {} } });
    const names = bodies(packetsOf(bytesOf(incomplete, 'pack.par2')), 'FileDesc').map((body) =>
      body.toString('utf8', 56).replace(/\0+$/, ''),
    );
    expect(names.sort()).toEqual(whole.files.map(({ name }) => name).sort());
  });

  it('may be of any size when it knows little', () => {
    const par2: ReleasePar2 = { hashes: 'first16k' };
    const large = makeRelease({ name: 'l', files: [{ name: 'l.mkv', size: 2 ** 38 }], partBytes: 2 ** 26, par2 });
    const found = packetsOf(bytesOf(large, 'l.par2'));
    const [description] = bodies(found, 'FileDesc');
    expect(description!.subarray(32, 48)).toEqual(md5(large.members[0]!.read({ start: 0, end: 16_384 })));
    expect(bodies(found, 'IFSC')).toEqual([]);
  });

  it('is there only when it is wanted and can be', () => {
    expect(makeRelease({ ...options, par2: false }).files).toHaveLength(3);
    const refuses = (par2: ReleasePar2 | boolean, message: RegExp, size = 40_000) =>
      expect(() => makeRelease({ ...options, files: [{ name: 'a', size }], par2 })).toThrow(message);
    refuses(true, /first16k/, 2 ** 34);
    refuses({ sliceBytes: 6 }, /sliceBytes/);
    refuses({ sliceBytes: 4, recoverySlices: 1 }, /sliceBytes/, 2 ** 18);
    refuses({ recoverySlices: 1, hashes: 'first16k' }, /recoverySlices/);
    refuses({ recoverySlices: 1000 }, /recoverySlices/, 2 ** 30);
  });
});

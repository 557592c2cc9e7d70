import { createCipheriv, createDecipheriv } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cbcContent } from '../../../src/testing/release/archive/encryption/cbc-content.js';
import { rar4Secrets, rar5Secrets, sevenZipKey } from '../../../src/testing/release/archive/encryption/keys.js';
import { computedBytes } from '../../../src/testing/release/computed-bytes.js';
import { readRange, windowOf } from '../../../src/testing/release/content.js';
import { tokenBytes } from '../../../src/testing/release/names.js';
import type { ReleaseArchive } from '../../../src/testing.js';
import { expected, packedRelease, volumesOf } from './support.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => Buffer.from(text, 'hex');

/** Decrypts whole blocks. */
function decrypted(bytes: Uint8Array, key: Uint8Array, iv: Uint8Array): Buffer {
  return createDecipheriv(`aes-${key.length * 8}-cbc`, key, iv)
    .setAutoPadding(false)
    .update(bytes);
}

describe('encrypted content', () => {
  const [key, iv] = [tokenBytes(32, 'key'), tokenBytes(16, 'iv')];
  const plain = windowOf(computedBytes(1), { start: 100, end: 2_500_107 });
  const whole = createCipheriv('aes-256-cbc', key, iv)
    .setAutoPadding(false)
    .update(Buffer.concat([readRange(plain, { start: 0, end: plain.size }), Buffer.alloc(9)]));

  it('is one chain, wherever it is read first', () => {
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length), (a, b) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) };
        const content = cbcContent(plain, key, iv);
        expect(content.size).toBe(whole.length);
        expect(Buffer.compare(readRange(content, range), whole.subarray(range.start, range.end))).toBe(0);
        expect(content.crc32(range)).toBe(crc32(whole.subarray(range.start, range.end)));
      }),
      { numRuns: 20 },
    );
  });
});

describe('keys of archives', () => {
  it('are those of RAR 5', () => {
    // From rar5-psw.rar of the test archives of rarfile (github.com/markokr/rarfile).
    const { check } = rar5Secrets('password', unhex('7e982cdd1ae21c36c7a391da8d088a68'), 15);
    expect(hex(check)).toBe('8151cff63649c16e186a220f');
  });

  it('are those of RAR 3', () => {
    // The first encrypted header of rar3-comment-hpsw.rar of the same archives.
    const { key, iv } = rar4Secrets('password', unhex('98d53ab99bc0847a'));
    const header = decrypted(
      unhex('d601be542470037a732129294097a21735729ac5f03dc7402e610ab9f6315b8582a4effcb33e24e59290e28126d5f6c2'),
      key,
      iv,
    );
    const bytes = header.readUInt16LE(5);
    expect([header[2], crc32(header.subarray(2, bytes)) & 0xffff]).toEqual([0x7a, header.readUInt16LE(0)]);
  });

  it('are those of 7z', () => {
    // Rounds of "a" in UTF-16 and a counter of eight bytes, put together by hand.
    expect(hex(sevenZipKey('a', 1))).toBe('5a4d497b2e96fdcc6afc842d87e3b59d9e5f412a8f5f7b5ff0acf56721135491');
  });
});

const encryptions: readonly ReleaseArchive[] = (['rar5', 'rar4', '7z'] as const).flatMap((format) =>
  (['data', 'headers'] as const).map((encrypt) => ({
    format,
    encrypt,
    password: 'secret',
    ...(format === 'rar4' ? {} : { keyRoundsLog2: 4 }),
  })),
);

describe.each(encryptions)('$format of a release with encrypted $encrypt', (archive) => {
  it('shows nothing it should hide', () => {
    const release = packedRelease(archive);
    const [volume] = volumesOf(release);
    const shows = (text: string | Buffer) => volume!.includes(text);
    for (const { bytes } of expected(release).filter(({ bytes: { length } }) => length > 0))
      expect(shows(bytes.subarray(0, 16))).toBe(false);
    const encoding = archive.format === '7z' ? 'utf16le' : 'utf8';
    expect(shows(Buffer.from('last.bin', encoding))).toBe(archive.encrypt === 'data');
  });

  it('is the same for the same seed and another for another', () => {
    const [one, same] = [packedRelease(archive), packedRelease(archive)];
    const [bytes] = volumesOf(one);
    expect(bytes!.equals(volumesOf(same)[0]!)).toBe(true);
    expect(bytes!.equals(volumesOf(packedRelease(archive, undefined, 2))[0]!)).toBe(false);
  });

  it('has volumes no larger than they may be', () => {
    const volumes = volumesOf(packedRelease({ ...archive, volumeBytes: 5000 }));
    expect(volumes.length).toBeGreaterThan(5);
    for (const { length } of volumes) expect(length).toBeLessThanOrEqual(5000);
  });
});

describe('encryption of a release', () => {
  it('goes on from volume to volume in one chain', () => {
    const release = packedRelease({ format: 'rar5', volumeBytes: 5000, password: 'secret', keyRoundsLog2: 0 }, [
      { name: 'film.mkv', size: 12_345 },
    ]);
    const marker = unhex('3001'); // The encryption record has 48 bytes and is of type 1.
    const parts = volumesOf(release).map((volume) => {
      const record = volume.indexOf(marker);
      const [salt, iv] = [volume.subarray(record + 5, record + 21), volume.subarray(record + 21, record + 37)];
      return { salt, iv, data: volume.subarray(record + 49, volume.length - 8) };
    });
    expect(parts.every(({ salt, iv }) => salt.equals(parts[0]!.salt) && iv.equals(parts[0]!.iv))).toBe(true);
    const { key } = rar5Secrets('secret', parts[0]!.salt, 0);
    const plain = decrypted(Buffer.concat(parts.map(({ data }) => data)), key, parts[0]!.iv);
    expect(plain.subarray(0, 12_345).equals(expected(release)[0]!.bytes)).toBe(true);
  });

  it('refuses what cannot be', () => {
    const wrong: readonly (readonly [ReleaseArchive, RegExp])[] = [
      [{ format: 'rar5', encrypt: 'headers' }, /encrypt.*password/],
      [{ format: 'rar5', keyRoundsLog2: 4 }, /keyRoundsLog2.*password/],
      [{ format: 'zip', password: 'x' }, /password/],
      [{ format: 'rar4', password: 'x', keyRoundsLog2: 4 }, /keyRoundsLog2/],
      [{ format: 'rar4', password: 'x'.repeat(29) }, /28/],
      [{ format: '7z', password: '' }, /password/],
      [{ format: '7z', password: 'x', keyRoundsLog2: 25 }, /keyRoundsLog2/],
    ];
    for (const [archive, message] of wrong) expect(() => packedRelease(archive)).toThrow(message);
    expect(() => packedRelease({ format: '7z', password: 'x' }, [{ name: 'a', size: 2 ** 35 }])).toThrow(/16 GiB/);
  });
});

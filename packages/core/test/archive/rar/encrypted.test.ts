import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assembleRar } from '../../../src/archive/rar/assemble.js';
import { readRarVolume } from '../../../src/archive/rar/read-volume.js';
import { packed } from '../../../src/testing/release/archive/byte-writer.js';
import { block, extraRecord, vint } from '../../../src/testing/release/archive/rar/rar5-block.js';
import { archive4, archive5, checked, file4, file5, main5, signature5 } from './headers.js';
import { bytesOf, inputOf, options, readAll, type TestArchive, testArchive } from './support.js';

const password = 'pässword';
const files = [
  { name: 'a.bin', size: 5003 },
  { name: 'empty', size: 0 },
  { name: 'b.bin', size: 12_345 },
];
const ways = (['rar4', 'rar5'] as const).flatMap((format) =>
  (['data', 'headers'] as const).map((encrypt) => ({ format, encrypt })),
);
const made = ({ format, encrypt }: (typeof ways)[number], volumeBytes?: number) =>
  testArchive({ format, encrypt, password, volumeBytes, keyRoundsLog2: format === 'rar5' ? 5 : undefined }, files);
const withPasswords = (...passwords: readonly string[]) => ({ ...options, passwords });

function expectWhole(archive: TestArchive, { members, warnings }: ReturnType<typeof assembleRar>): void {
  expect(warnings).toEqual([]);
  expect(members.map(({ path, refusal }) => [path, refusal])).toEqual(
    archive.files.map(({ path }) => [path, undefined]),
  );
  for (const [at, { content, size, isEncrypted }] of members.entries()) {
    const { bytes } = archive.files[at]!;
    expect([size, isEncrypted]).toEqual([bytes.length, bytes.length > 0]);
    expect(bytesOf(content!, archive.volumes).equals(bytes)).toBe(true);
  }
}

describe.each(ways)('$format with encrypted $encrypt', (way) => {
  it('gives members of one volume', async () => {
    const archive = made(way);
    expectWhole(archive, assembleRar(await readAll(archive, withPasswords(password))));
  });

  it.each([1000, 4001])(
    'gives members that go through volumes of %i bytes, which break the chain anywhere',
    async (bytes) => {
      const archive = made(way, bytes);
      expectWhole(archive, assembleRar(await readAll(archive, withPasswords(password))));
    },
  );

  it('says that a password is needed', async () => {
    const archive = made(way);
    if (way.encrypt === 'headers') {
      await expect(readAll(archive)).rejects.toMatchObject({ code: 'ERR_PASSWORD', reason: 'required' });
      return;
    }
    const { members } = assembleRar(await readAll(archive));
    expect(members.map(({ isEncrypted, refusal }) => [isEncrypted, (refusal as { reason?: string })?.reason])).toEqual([
      [true, 'required'],
      [false, undefined],
      [true, 'required'],
    ]);
  });
});

describe.each(ways.filter(({ format, encrypt }) => format === 'rar5' || encrypt === 'headers'))(
  '$format with encrypted $encrypt',
  (way) => {
    it('tries passwords in order', async () => {
      const archive = made(way, 4000);
      expectWhole(archive, assembleRar(await readAll(archive, withPasswords('no', '', password, 'neither'))));
    });

    it('says that no password is right', async () => {
      const archive = made(way);
      if (way.encrypt === 'headers') {
        const wrong = { code: 'ERR_PASSWORD', reason: 'wrong' };
        await expect(readAll(archive, withPasswords('no', 'neither'))).rejects.toMatchObject(wrong);
        return;
      }
      const { members } = assembleRar(await readAll(archive, withPasswords('no', 'neither')));
      expect(members[0]!.refusal).toMatchObject({ code: 'ERR_PASSWORD', reason: 'wrong' });
    });
  },
);

describe('RAR 4, which does not tell whether a password is right', () => {
  const archiveOf = (...sizes: readonly number[]) =>
    testArchive(
      { format: 'rar4', password, volumeBytes: 20_000 },
      sizes.map((size, at) => ({ name: `${at}`, size })),
    );

  it('shows it by a small member, which holds for all', async () => {
    const archive = archiveOf(50_000, 100, 30_000);
    expectWhole(archive, assembleRar(await readAll(archive, withPasswords('no', password))));
    const { members } = assembleRar(await readAll(archive, withPasswords('no')));
    expect(members.map(({ refusal }) => (refusal as { reason?: string })?.reason)).toEqual(['wrong', 'wrong', 'wrong']);
  });

  it('shows it by how files begin', async () => {
    const salt = Buffer.from('saltsalt');
    const { key, iv } = await options.keys.rar4({ password, salt });
    const plain = Buffer.concat([Buffer.from('1a45dfa3', 'hex'), Buffer.alloc(9996)]);
    const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
    const data = Buffer.concat([cipher.update(plain), cipher.final()]);
    const bytes = archive4(file4({ name: 'a.mkv', data, flags: 0x404, tail: salt }));
    const volume = await readRarVolume(inputOf(bytes), withPasswords('no', password, 'neither'));
    expect(volume.pieces[0]!.encryption).toMatchObject({ isProven: false });
    expect(bytesOf(assembleRar([volume]).members[0]!.content!, [bytes]).equals(plain)).toBe(true);
  });

  it('reads no data where there is one password, or none', async () => {
    const { volumes } = archiveOf(15_000);
    for (const passwords of [[], ['no']]) {
      const input = inputOf(volumes[0]!);
      const volume = await readRarVolume(input, { ...options, passwords });
      expect(input.reads.map(({ start }) => start)).toEqual([0, volumes[0]!.size - 7]);
      expect(volume.pieces[0]!.refusal === undefined).toBe(passwords.length > 0);
    }
  });

  it('has no cipher but AES here', async () => {
    const { members } = assembleRar([
      await readRarVolume(
        inputOf(archive4(file4({ name: 'a', data: Buffer.alloc(16), flags: 4, version: 20 }))),
        withPasswords(password),
      ),
    ]);
    expect(members[0]!.refusal).toMatchObject({ reason: 'feature' });
  });
});

describe('RAR 5', () => {
  const salt = Buffer.alloc(16, 1);
  const iv = Buffer.alloc(16, 2);
  const log2Count = 3;

  it('leaves keyed checksums out', async () => {
    const archive = testArchive({ format: 'rar5', password, keyRoundsLog2: 3 }, files);
    const { members } = assembleRar(await readAll(archive, withPasswords(password)));
    expect(members.map(({ crc32 }) => crc32 !== undefined)).toEqual([false, true, false]);
  });

  it('takes the first password where there is nothing to compare with', async () => {
    const record = (check: readonly Uint8Array[]) =>
      extraRecord(1, vint(0), vint(check.length), Uint8Array.of(log2Count), salt, iv, ...check);
    for (const check of [[], [Buffer.alloc(12, 3)]]) {
      const bytes = archive5(file5({ name: 'a', data: Buffer.alloc(32), size: 20, records: [record(check)] }));
      const { pieces } = await readRarVolume(inputOf(bytes), withPasswords('one', 'two'));
      const { key } = await options.keys.rar5({ password: 'one', salt, log2Count });
      expect(pieces[0]!.encryption).toMatchObject({ key, iv, isProven: false });
    }
    const wrong = archive5(
      file5({ name: 'a', data: Buffer.alloc(32), size: 20, records: [record([checked(Buffer.alloc(8))])] }),
    );
    const { pieces } = await readRarVolume(inputOf(wrong), withPasswords('one', 'two'));
    expect(pieces[0]!.refusal).toMatchObject({ reason: 'wrong' });
  });

  it('opens headers without a check value by trying', async () => {
    const { key } = await options.keys.rar5({ password, salt, log2Count });
    const sealed = (header: Uint8Array) => {
      const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
      const whole = Buffer.concat([header, Buffer.alloc(-header.length & 15)]);
      return Buffer.concat([iv, cipher.update(whole), cipher.final()]);
    };
    const lock = block(4, 0, vint(0), vint(0), Uint8Array.of(log2Count), salt);
    const bytes = Buffer.concat([signature5, lock, sealed(main5()), sealed(file5({ name: 'hidden' }))]);
    const volume = await readRarVolume(inputOf(bytes), withPasswords('no', password));
    expect(volume).toMatchObject({ hasEncryptedHeaders: true, pieces: [{ path: 'hidden' }] });
    await expect(readRarVolume(inputOf(bytes), withPasswords('no'))).rejects.toMatchObject({ reason: 'wrong' });
  });

  it('refuses keys that cost too much', async () => {
    const lock = (count: number) =>
      extraRecord(1, vint(0), vint(0), Uint8Array.of(count), packed([8, count], [8, 0]), iv);
    const costly = archive5(
      file5({ name: 'a', data: Buffer.alloc(16), size: 9, records: [lock(25)] }),
      file5({ name: 'b', data: Buffer.alloc(16), size: 9, records: [lock(4)] }),
    );
    const { pieces } = await readRarVolume(inputOf(costly), withPasswords('no'));
    expect(pieces.map(({ refusal }) => (refusal as { reason?: string })?.reason)).toEqual(['feature', undefined]);
  });
});

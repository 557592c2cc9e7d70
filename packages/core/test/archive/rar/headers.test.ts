import { describe, expect, it } from 'vitest';
import { assembleRar } from '../../../src/archive/rar/assemble.js';
import { readRarVolume } from '../../../src/archive/rar/read-volume.js';
import { rarSignature } from '../../../src/archive/rar/signature.js';
import { packed, utf8 } from '../../../src/testing/release/archive/byte-writer.js';
import { block, extraRecord, vint } from '../../../src/testing/release/archive/rar/rar5-block.js';
import {
  archive4,
  archive5,
  end4,
  end5,
  type File4,
  type File5,
  file4,
  file5,
  main4,
  main5,
  paddedVint,
  redirection,
  signature4,
  signature5,
} from './headers.js';
import { bytesOf, inputOf, options } from './support.js';

const read = (bytes: Uint8Array) => readRarVolume(inputOf(bytes), options);
const listed = async (bytes: Uint8Array) => assembleRar([await read(bytes)]);
const textOf = async (bytes: Uint8Array, at = 0) =>
  bytesOf((await listed(bytes)).members[at]!.content!, [bytes]).toString();
const data = Buffer.from('these are the bytes');

describe('signature', () => {
  it('is found at the beginning or behind a program', () => {
    expect(rarSignature(archive4())).toEqual({ format: 'rar4', offset: 0 });
    expect(rarSignature(archive5())).toEqual({ format: 'rar5', offset: 0 });
    expect(rarSignature(Buffer.concat([Buffer.alloc(1000), archive5()]))).toEqual({ format: 'rar5', offset: 1000 });
    expect(rarSignature(Buffer.from('no such thing'))).toBeUndefined();
    expect(rarSignature(new Uint8Array())).toBeUndefined();
  });

  it('is not the one the program itself knows', () => {
    const program = Buffer.concat([Buffer.from('MZ'), signature4, Buffer.alloc(50), signature5, Buffer.alloc(50)]);
    expect(rarSignature(Buffer.concat([program, archive4()]))).toEqual({ format: 'rar4', offset: program.length });
    expect(rarSignature(Buffer.concat([program, archive5()]))).toEqual({ format: 'rar5', offset: program.length });
  });

  it('is looked for up to 1 MiB', async () => {
    const behind = (bytes: number) => Buffer.concat([Buffer.alloc(bytes), archive5(file5({ name: 'a', data }))]);
    expect(await textOf(behind(300_000))).toBe(data.toString());
    await expect(read(behind(2 ** 20))).rejects.toMatchObject({ code: 'ERR_ARCHIVE_UNSUPPORTED' });
  });
});

describe('a member of RAR 4', () => {
  const one = async (file: File4) => (await read(archive4(file4(file)))).pieces[0]!;

  it.each([
    ['UTF-8', Buffer.from('f\u00fcr \u96fb.txt'), 'f\u00fcr \u96fb.txt'],
    // Runs of the plain name, single bytes, bytes with the shared high byte, whole characters.
    ['bytes', Buffer.from('a.txt\0\x04\x00abcd\x00.', 'latin1'), 'abcd.'],
    ['the shared high byte', Buffer.from('???\0\x04\x54\x3f\x40\x41', 'latin1'), '\u043f\u0440\u0441'],
    ['whole characters', Buffer.from('?\0\x00\x80\xfb\x96', 'latin1'), '\u96fb'],
    ['a run of the plain name', Buffer.from('abc.txt\0\x00\xc0\x05', 'latin1'), 'abc.txt'],
    ['a corrected run', Buffer.from('abc\0\x04\xc0\x81\x10', 'latin1'), '\u0471\u0472\u0473'],
  ])('has a name of %s', async (_what, name, expected) => {
    expect((await one({ name, flags: 0x200 })).path).toBe(expected);
  });

  it('has a name in the encoding of some system', async () => {
    expect((await one({ name: Buffer.from('f\xfcr.txt', 'latin1') })).path).toBe('f\u00fcr.txt');
    expect((await one({ name: 'folder\\below\\file' })).path).toBe('folder/below/file');
  });

  it('has times down to a millisecond', async () => {
    const second = Date.UTC(2025, 1, 28, 12, 34, 56);
    expect((await one({ name: 'a' })).modifiedMs).toBe(second);
    const flags = 0x1000;
    const steps = 1_230_000;
    const bytes = [steps & 0xff, (steps >> 8) & 0xff, steps >> 16];
    expect((await one({ name: 'a', flags, tail: Buffer.from([0, 0xf0, ...bytes]) })).modifiedMs).toBe(second + 1123);
    expect((await one({ name: 'a', flags, tail: Buffer.from([0, 0xb0, ...bytes]) })).modifiedMs).toBe(second + 123);
    expect((await one({ name: 'a', flags, tail: Buffer.from([0, 0x90, 0x12]) })).modifiedMs).toBe(second + 117);
    expect((await one({ name: 'a', flags, tail: Buffer.from([0, 0x70]) })).modifiedMs).toBe(second);
    expect((await one({ name: 'a', time: 0 })).modifiedMs).toBeUndefined();
  });

  it('may be larger than 4 GiB', async () => {
    const file = { name: 'a', flags: 0x100 | 2, packedBytes: 5, size: 7, high: [[4, 3] as const, [4, 6] as const] };
    expect(await one(file)).toMatchObject({ unpackedSize: 6 * 2 ** 32 + 7, start: 61, end: 61 + 3 * 2 ** 32 + 5 });
  });

  it('may be a folder or a link', async () => {
    expect((await one({ name: 'a', flags: 0xe0 })).kind).toBe('folder');
    expect((await one({ name: 'a', version: 15, attributes: 0x10 })).kind).toBe('folder');
    expect((await one({ name: 'a', attributes: 0o120777, data })).kind).toBe('link');
    expect((await one({ name: 'a', attributes: 0o120777, data, system: 2 })).kind).toBe('file');
  });

  it('may be compressed, which is said in words', async () => {
    const { members } = await listed(archive4(file4({ name: 'a', data, method: 0x33, flags: 0x80, size: 100 })));
    expect(members[0]).toMatchObject({ size: 100 });
    expect(members[0]!.content).toBeUndefined();
    expect(members[0]!.refusal).toMatchObject({ reason: 'compressed', format: 'rar4' });
    expect(members[0]!.refusal!.message).toContain('RAR 2.9, normal compression, 1 MiB dictionary');
  });

  it('stands between blocks that do not matter', async () => {
    const service = file4({ name: 'CMT', data: Buffer.alloc(3000), type: 0x7a, method: 0x33 });
    const old = Buffer.concat([Buffer.from('0000780080', 'hex'), Buffer.from([11, 0, 5, 0, 0, 0]), Buffer.alloc(5)]);
    const archive = archive4(service, old, file4({ name: 'a', data }), service);
    expect(await textOf(archive)).toBe(data.toString());
  });

  it('is read where comments are in headers, as RAR 1.5 has them', async () => {
    const main = Buffer.from(main4(0x02));
    const comment = Buffer.from('0000750000000d000000000000', 'hex');
    main.writeUInt16LE(13 + comment.length, 5);
    const { crc32 } = await import('node:zlib');
    main.writeUInt16LE(crc32(main.subarray(2)) & 0xffff, 0);
    const archive = Buffer.concat([signature4, main, comment, file4({ name: 'a', data, version: 15 })]);
    expect(await textOf(archive)).toBe(data.toString());
  });
});

describe('a volume of RAR 4', () => {
  const split = file4({ name: 'a', data, size: 100, flags: 0x03 });

  it('says only at its end which one it is', async () => {
    const bytes = Buffer.concat([signature4, main4(0x11), split, end4(0x0b, [4, 0], [2, 77])]);
    expect(await read(bytes)).toMatchObject({ number: undefined, isFirst: false, isPartOfSet: true, hasNext: true });
    const volume = await readRarVolume(inputOf(bytes), { ...options, toEnd: true });
    expect(volume).toMatchObject({ number: 77, hasNext: true });
  });

  it('knows when it is the first', async () => {
    const bytes = Buffer.concat([signature4, main4(0x101), end4(0x01)]);
    expect(await read(bytes)).toMatchObject({ number: 0, isFirst: true, isPartOfSet: true, hasNext: true });
    expect(await read(archive4())).toMatchObject({
      number: undefined,
      isFirst: true,
      isPartOfSet: false,
      hasNext: false,
    });
  });
});

describe('a member of RAR 5', () => {
  const one = async (file: File5) => (await read(archive5(file5(file)))).pieces[0]!;

  it('has times of Unix or Windows', async () => {
    expect((await one({ name: 'a' })).modifiedMs).toBeUndefined();
    expect((await one({ name: 'a', fileFlags: 2 })).modifiedMs).toBe(1_700_000_000_000);
    const records = (...fields: readonly Uint8Array[]) => [extraRecord(3, ...fields)];
    const seconds = packed([4, 1_600_000_000]);
    expect((await one({ name: 'a', records: records(vint(3), seconds) })).modifiedMs).toBe(1_600_000_000_000);
    const fine = records(vint(0x17), seconds, packed([4, 1]), packed([4, 987_654_321]), packed([4, 2]));
    expect((await one({ name: 'a', fileFlags: 2, records: fine })).modifiedMs).toBe(1_600_000_000_987);
    const windows = packed([8, (1_600_000_000_123 + 11_644_473_600_000) * 10_000]);
    expect((await one({ name: 'a', records: records(vint(2), windows) })).modifiedMs).toBe(1_600_000_000_123);
    expect((await one({ name: 'a', records: records(vint(5), seconds) })).modifiedMs).toBeUndefined();
  });

  it('has a hash, a version, and records nobody knows', async () => {
    const hash = Buffer.alloc(32, 7);
    const records = [extraRecord(99, utf8('?')), extraRecord(2, vint(0), hash), extraRecord(4, vint(0), vint(3))];
    const piece = await one({ name: 'a', records });
    expect(Buffer.from(piece.blake2!).equals(hash)).toBe(true);
    expect(piece.path).toBe('a;3');
  });

  it('may be a link, whose content is the path in its header', async () => {
    const archive = archive5(
      file5({ name: 'zero', data }),
      file5({ name: 'unix', records: [redirection(1, '../f\u00fcr')] }),
      file5({ name: 'windows', fileFlags: 1, records: [redirection(3, '/??/C:/x', 1)] }),
    );
    const { members } = await listed(archive);
    expect(members.map(({ kind, size }) => [kind, size])).toEqual([
      ['file', data.length],
      ['link', 7],
      ['link', 8],
    ]);
    expect([await textOf(archive, 1), await textOf(archive, 2)]).toEqual(['../f\u00fcr', '/??/C:/x']);
  });

  it('may be the same as one before', async () => {
    const archive = archive5(
      file5({ name: 'a', data, fileFlags: 4 }),
      file5({ name: 'hard', size: data.length, records: [redirection(4, 'a')] }),
      file5({ name: 'copy', size: data.length, records: [redirection(5, 'hard')] }),
      file5({ name: 'lost', size: data.length, records: [redirection(5, 'later')] }),
      file5({ name: 'self', size: data.length, records: [redirection(4, 'self')] }),
    );
    const { members } = await listed(archive);
    expect([await textOf(archive, 1), await textOf(archive, 2)]).toEqual([data.toString(), data.toString()]);
    expect(members[2]).toMatchObject({ kind: 'file', size: data.length, crc32: members[0]!.crc32 });
    for (const at of [3, 4]) expect(members[at]!.refusal).toMatchObject({ reason: 'incomplete' });
  });

  it('may have been of unknown size when it was packed', async () => {
    const unknown = { name: 'a', fileFlags: 8, size: 2 ** 53 * 100 };
    expect((await one({ ...unknown, data })).unpackedSize).toBeUndefined();
    expect(await textOf(archive5(file5({ ...unknown, data })))).toBe(data.toString());
  });

  it.each([
    [0x0980, 'RAR 5, normal compression, 512 KiB dictionary'],
    [0x2a80, 'RAR 5, best compression, 128 MiB dictionary'],
    [0xd181, 'RAR 7, normal compression, 132 GiB dictionary'],
  ])('may be compressed, which is said in words: %i', async (information, words) => {
    expect((await one({ name: 'a', data, information })).method.name).toBe(words);
  });

  it('is read where numbers are padded, as RAR writes them', async () => {
    const header = block(
      2,
      2,
      paddedVint(data.length, 5),
      vint(0),
      paddedVint(data.length, 10),
      vint(0),
      paddedVint(0, 2),
      vint(1),
      paddedVint(1, 3),
      utf8('a'),
    );
    expect(await textOf(archive5(header, data))).toBe(data.toString());
  });
});

describe('a volume of RAR 5', () => {
  it('has a number', async () => {
    const number = vint(300);
    const bytes = Buffer.concat([signature5, main5(3, number), file5({ name: 'a', data, flags: 0x18, size: 99 })]);
    expect(await read(bytes)).toMatchObject({ number: 300, isFirst: false, isPartOfSet: true, hasNext: true });
    const first = Buffer.concat([signature5, main5(1), end5(1)]);
    expect(await read(first)).toMatchObject({ number: 0, isFirst: true, isPartOfSet: true, hasNext: true });
    expect(await read(archive5())).toMatchObject({
      number: undefined,
      isFirst: true,
      isPartOfSet: false,
      hasNext: false,
    });
  });
});

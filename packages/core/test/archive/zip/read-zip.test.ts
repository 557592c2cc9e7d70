import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readZip, zipSignature } from '../../../src/archive/zip/read-zip.js';
import { bytesOf, contentsOf, memoryInput, noKeys } from '../memory-input.js';
import { field, type MadeMember, type MadeZip, makeZip, makeZipParts, u16, u32, u64 } from './make-zip.js';

const three: readonly MadeMember[] = [
  { name: 'film.mkv', data: 'the film' },
  { name: 'folder/', attributes: 0x10 },
  { name: 'folder/words.txt', data: 'words '.repeat(50), method: 8 },
  { name: 'empty.nfo' },
];
const contents = { 'film.mkv': 'the film', folder: 'folder', 'folder/words.txt': 'words '.repeat(50), 'empty.nfo': '' };

async function read(zip: MadeZip, partSizes?: readonly number[]) {
  const bytes = makeZip(zip);
  const listing = await readZip(memoryInput(bytes), { ...noKeys, partSizes });
  return { ...listing, contents: contentsOf(listing, bytes), bytes };
}

async function only(member: MadeMember) {
  const { members } = await read({ members: [member] });
  return members[0]!;
}

describe('a ZIP', () => {
  it.each<[string, Omit<MadeZip, 'members'>]>([
    ['as it is', {}],
    ['with a comment', { comment: Buffer.alloc(65_535, 'PK\x05\x06') }],
    ['with ZIP64 records', { isLong: true }],
    ['behind a program that unpacks it', { prefix: Buffer.alloc(5000, 'MZ') }],
    ['behind a program, with ZIP64 records', { prefix: Buffer.alloc(5000, 'MZ'), isLong: true }],
    ['behind a program it knows of', { prefix: Buffer.alloc(5000, 'MZ'), countsPrefix: true }],
    [
      'behind a program it knows of, with ZIP64 records',
      { prefix: Buffer.from('MZ'), countsPrefix: true, isLong: true },
    ],
  ])('%s gives its members', async (_what, how) => {
    const { members, contents: found, warnings, format } = await read({ members: three, ...how });
    expect(found).toEqual(contents);
    expect(format).toBe('zip');
    expect(warnings).toEqual([]);
    expect(members.map(({ kind }) => kind)).toEqual(['file', 'folder', 'file', 'file']);
    expect(members[0]).toMatchObject({ size: 8, crc32: crc32('the film'), isEncrypted: false });
    expect(members[0]!.modifiedMs).toBe(Date.UTC(2025, 0, 1, 12));
  });

  it('gives members whose sizes and places are 64 bits wide', async () => {
    const { contents: found } = await read({ members: three.map((member) => ({ ...member, isLong: true })) });
    expect(found).toEqual(contents);
  });

  it('is read with junk behind it', async () => {
    const { contents: found, warnings } = await read({ members: three, behind: Buffer.alloc(300) });
    expect(found).toEqual(contents);
    expect(warnings).toEqual(['there are bytes behind the end of the archive']);
  });

  it('without members is empty', async () => {
    expect((await read({ members: [] })).members).toEqual([]);
  });

  it('in parts is read with their sizes, and not without', async () => {
    for (const isLong of [false, true]) {
      const { bytes, partSizes } = makeZipParts({ members: three, partsAfter: [1, 3], isLong });
      const listing = await readZip(memoryInput(bytes), { ...noKeys, partSizes });
      expect(contentsOf(listing, bytes)).toEqual(contents);
      for (const wrong of [undefined, partSizes.slice(1)])
        await expect(readZip(memoryInput(bytes), { ...noKeys, partSizes: wrong })).rejects.toMatchObject({
          code: 'ERR_ARCHIVE_UNSUPPORTED',
          reason: 'incomplete',
        });
    }
  });
});

describe('where the data of ZIP members is', () => {
  const hundred = (how: (index: number) => Partial<MadeMember>) =>
    Array.from({ length: 100 }, (_, index) => ({
      name: `photo ${index}.jpg`,
      data: Buffer.alloc(50_000 + index, index),
      ...how(index),
    }));
  const time = (count: number) => field(0x5455, Buffer.alloc(1 + 4 * count, 1));

  it.each<[string, (index: number) => Partial<MadeMember>]>([
    ['without extra fields', () => ({})],
    ["as Info-ZIP's, whose local fields are longer", () => ({ extra: time(1), localExtra: time(2) })],
    ["as 7-Zip's, whose fields are in the directory only", () => ({ extra: time(1), localExtra: Buffer.alloc(0) })],
    ['with data descriptors', () => ({ descriptorBytes: 16 })],
    [
      'with data descriptors that make up for extra fields',
      () => ({ descriptorBytes: 12, extra: time(1), localExtra: time(2) }),
    ],
  ])('is known after a few reads: %s', async (_what, how) => {
    const bytes = makeZip({ members: hundred(how) });
    const input = memoryInput(bytes);
    const { members } = await readZip(input, noKeys);
    members.forEach((member, index) => {
      expect(bytesOf(member.content!, bytes).equals(Buffer.alloc(50_000 + index, index))).toBe(true);
    });
    expect(input.reads.length).toBeLessThanOrEqual(4);
  });

  it.each<[string, (index: number) => Partial<MadeMember>]>([
    ['local fields differ', (index) => ({ localExtra: Buffer.alloc(index % 7) })],
    ['there is room between members', (index) => ({ slackBytes: index % 5 })],
    ['one of them is different', (index) => (index === 30 ? { localExtra: Buffer.alloc(4) } : {})],
    ['some have descriptors', (index) => ({ descriptorBytes: index % 3 === 0 ? 16 : 0 })],
    [
      'descriptors differ',
      (index) => ({ descriptorBytes: 12 + (index % 4) * 4, localExtra: Buffer.alloc((index % 5) * 4) }),
    ],
  ])('is right where %s', async (_what, how) => {
    const bytes = makeZip({ members: hundred(how) });
    const { members } = await readZip(memoryInput(bytes), noKeys);
    members.forEach((member, index) => {
      expect(bytesOf(member.content!, bytes).equals(Buffer.alloc(50_000 + index, index))).toBe(true);
    });
  });
});

describe('names and times in a ZIP', () => {
  it.each<[string, Partial<MadeMember>, string]>([
    ['in UTF-8 by the flag', { name: 'größe.txt', flags: 0x800 }, 'größe.txt'],
    ['in UTF-8 without', { name: 'größe.txt' }, 'größe.txt'],
    ['in code page 437', { name: Buffer.from([0x67, 0x72, 0x94, 0xe1, 0x65]) }, 'größe'],
    ['with backslashes, made on DOS', { name: 'a\\b.txt', madeOn: 0 }, 'a/b.txt'],
    ['with backslashes, made on Unix', { name: 'a\\b.txt' }, 'a\\b.txt'],
    ['in an extra field', { name: 'gr.txt', extra: unicodePath('gr.txt', 'größe.txt') }, 'größe.txt'],
    ['in an extra field of another name', { name: 'gr.txt', extra: unicodePath('xx.txt', 'größe.txt') }, 'gr.txt'],
  ])('%s', async (_what, member, path) => {
    expect((await only({ name: '', ...member })).path).toBe(path);
  });

  it.each<[string, Uint8Array, number]>([
    ['extended timestamp', field(0x5455, Buffer.concat([Buffer.from([1]), u32(1_600_000_000)])), 1_600_000_000_000],
    ['before 1970', field(0x5455, Buffer.concat([Buffer.from([1]), u32(-10)])), -10_000],
    ['old Unix', field(0x5855, Buffer.concat([u32(5), u32(1_600_000_001)])), 1_600_000_001_000],
    [
      'NTFS',
      field(10, Buffer.concat([u32(0), u16(1), u16(24), u64(132_444_736_000_000_000), u64(0), u64(0)])),
      1_600_000_000_000,
    ],
    ['none', Buffer.alloc(0), Date.UTC(2025, 0, 1, 12)],
    ['broken', Buffer.from([0x55, 0x54, 9, 0, 1]), Date.UTC(2025, 0, 1, 12)],
  ])('time: %s', async (_what, extra, modifiedMs) => {
    expect((await only({ name: 'x', extra })).modifiedMs).toBe(modifiedMs);
  });

  it('links and folders are told by the attributes of Unix', async () => {
    expect(await only({ name: 'l', data: 'to', attributes: 0o120777 * 65_536 })).toMatchObject({
      kind: 'link',
      size: 2,
    });
    expect(await only({ name: 'd', attributes: 0o040755 * 65_536 })).toMatchObject({ kind: 'folder', size: 0 });
    expect(await only({ name: 'b\\', attributes: 0x10, madeOn: 0 })).toMatchObject({ kind: 'folder', path: 'b' });
  });
});

function unicodePath(stored: string, name: string): Buffer {
  return field(0x7075, Buffer.concat([Buffer.from([1]), u32(crc32(stored)), Buffer.from(name)]));
}

describe('what cannot be read in a ZIP', () => {
  it.each<[string, Partial<MadeMember>, string, RegExp]>([
    ['LZMA', { method: 14 }, 'compressed', /LZMA/],
    ['an unknown method', { method: 77 }, 'compressed', /method 77/],
    ['ZipCrypto', { flags: 1 }, 'feature', /ZipCrypto/],
    ['AES', { flags: 1, method: 99, extra: field(0x9901, Buffer.from([2, 0, 65, 69, 3, 8, 0])) }, 'feature', /AES/],
    ['strong encryption', { flags: 0x41 }, 'feature', /strong/],
  ])('is refused by member: %s', async (_what, member, reason, message) => {
    const { members, bytes } = await read({ members: [{ name: 'x', data: 'data', ...member }, ...three] });
    expect(members[0]!.refusal).toMatchObject({ code: 'ERR_ARCHIVE_UNSUPPORTED', reason, format: 'zip' });
    expect(members[0]!.refusal!.message).toMatch(message);
    expect(members[0]!.content).toBeUndefined();
    expect(members[0]!.isEncrypted).toBe(((member.flags ?? 0) & 1) === 1);
    expect(bytesOf(members[1]!.content!, bytes).toString()).toBe('the film');
  });

  it('a member whose header is damaged does not hide the others', async () => {
    const bytes = makeZip({ members: three });
    bytes[0] = 0;
    expect(contentsOf(await readZip(memoryInput(bytes), noKeys), bytes)).toEqual({
      ...contents,
      'film.mkv': 'damaged: The header of a member is not where it should be',
    });
  });

  it('a directory that breaks off gives what is before', async () => {
    const bytes = makeZip({ members: three });
    bytes[bytes.lastIndexOf('PK\x01\x02')] = 0;
    const { members, warnings } = await readZip(memoryInput(bytes), noKeys);
    expect(members.length).toBe(3);
    expect(warnings).toEqual(['the central directory has 3 entries instead of 4']);
  });

  it('an archive without its beginning gives what is behind', async () => {
    const bytes = makeZip({ members: three }).subarray(10);
    const listing = await readZip(memoryInput(bytes), noKeys);
    expect(contentsOf(listing, bytes)).toEqual({
      ...contents,
      'film.mkv': 'incomplete: A member lies before the beginning of archive',
    });
    expect(listing.warnings).toEqual(['the beginning of the archive is missing']);
  });

  it.each<[string, MadeZip, Readonly<Record<string, string>>]>([
    ['as it is', { members: three }, contents],
    ['with 64-bit sizes', { members: three.map((member) => ({ ...member, isLong: true })) }, contents],
    ['of a split one', { members: three, prefix: Buffer.from('PK\x07\x08') }, contents],
    [
      'with sizes that were not known',
      { members: three.map((member) => ({ ...member, descriptorBytes: 16 })) },
      { 'film.mkv': 'incomplete: The size of this member is lost with the central directory' },
    ],
    [
      'with empty members whose sizes were not known',
      { members: [{ name: 'empty', descriptorBytes: 16 }, { name: 'void', descriptorBytes: 12 }, ...three] },
      { empty: '', void: '', ...contents },
    ],
    ['with a member that cannot be read', { members: [{ name: 'x', data: 'x', method: 14 }, ...three] }, contents],
  ])('an archive without its end gives what its headers say: %s', async (_what, zip, expected) => {
    const bytes = makeZip(zip).subarray(0, -30);
    const listing = await readZip(memoryInput(bytes), noKeys);
    expect(contentsOf(listing, bytes)).toMatchObject(expected);
    expect(listing.warnings[0]).toMatch(/^the central directory cannot be read: /);
  });

  it('an archive that ends anywhere gives the members before', async () => {
    const bytes = makeZip({ members: three }).subarray(0, -250);
    const listing = await readZip(memoryInput(bytes), noKeys);
    expect(contentsOf(listing, bytes)).toMatchObject({ 'film.mkv': 'the film' });
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'damaged'],
    ['zeros', Buffer.alloc(100_000), 'damaged'],
    ['a directory that is not there', makeZip({ members: three }).fill(0, 0, 300), 'damaged'],
  ])('%s is refused as a whole', async (_what, bytes, reason) => {
    await expect(readZip(memoryInput(bytes), noKeys)).rejects.toMatchObject({
      code: 'ERR_ARCHIVE_UNSUPPORTED',
      reason,
    });
  });

  it('rejects with the reason of an abort', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(readZip(memoryInput(makeZip({ members: three })), { ...noKeys, signal })).rejects.toBe(reason);
  });
});

describe('the signature of a ZIP', () => {
  it.each<[string, Uint8Array, boolean]>([
    ['a member', makeZip({ members: three }), true],
    ['an empty archive', makeZip({ members: [] }), true],
    ['a split archive', Buffer.from('PK\x07\x08PK\x03\x04'), true],
    ['a split archive that became one', Buffer.from('PK00PK\x03\x04'), true],
    ['a directory', Buffer.from('PK\x01\x02'), false],
    ['text', Buffer.from('PKWARE was a company'), false],
    ['nothing', Buffer.alloc(0), false],
  ])('%s', (_what, head, expected) => {
    expect(zipSignature(head)).toBe(expected);
  });
});

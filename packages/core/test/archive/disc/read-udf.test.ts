import { describe, expect, it } from 'vitest';
import { isDisc, readDisc } from '../../../src/archive/disc/read-disc.js';
import { contentsOf, memoryInput, noKeys } from '../memory-input.js';
import { type MadeFile, type MadeUdf, makeUdf } from './make-udf.js';

const film = 'the film '.repeat(2000);
const files: readonly MadeFile[] = [
  { path: 'BDMV/index.bdmv', data: 'index' },
  { path: 'BDMV/STREAM/00000.m2ts', data: film },
  { path: 'größe.txt', data: 'how large is it?' },
  { path: 'жук.txt', data: 'a bug' },
  { path: 'empty', data: '' },
];
const contents = {
  BDMV: 'folder',
  'BDMV/index.bdmv': 'index',
  'BDMV/STREAM': 'folder',
  'BDMV/STREAM/00000.m2ts': film,
  'größe.txt': 'how large is it?',
  'жук.txt': 'a bug',
  empty: '',
};

async function read(how: MadeUdf) {
  const bytes = makeUdf(how);
  const listing = await readDisc(memoryInput(bytes, 'x.iso'), noKeys);
  return { ...listing, contents: contentsOf(listing, bytes), bytes };
}

describe('a UDF disc', () => {
  it.each<[string, Omit<MadeUdf, 'files'>]>([
    ['as on DVDs', {}],
    ['with extended entries', { isExtended: true }],
    ['with a metadata partition, as on Blu-ray', { hasMetadata: true, isExtended: true }],
    ['with the mirror of a metadata partition', { hasMetadata: true, usesMirror: true }],
    ['with its anchor at the end', { anchor: 'last' }],
    ['with its anchor before the end', { anchor: 'before last' }],
    ['with the reserve of its volume descriptors', { usesReserve: true }],
    ['with blocks of 512 bytes, as on disks', { blockBytes: 512 }],
    ['with blocks of 4096 bytes', { blockBytes: 4096 }],
    ['that was rewritten in packets', { mapName: '*UDF Sparable Partition' }],
  ])('%s gives its files', async (_what, how) => {
    const { contents: found, format, warnings, members } = await read({ files, ...how });
    expect(found).toEqual(contents);
    expect(format).toBe('udf');
    expect(warnings).toEqual([]);
    expect(members.find(({ path }) => path === 'BDMV/index.bdmv')).toMatchObject({
      kind: 'file',
      size: 5,
      isEncrypted: false,
      modifiedMs: Date.UTC(2020, 8, 13, 12, 26, 40, 500),
    });
  });

  it.each<[string, Partial<MadeFile>]>([
    ['short descriptors', { form: 'short' }],
    ['extended descriptors', { form: 'extended' }],
    ['many extents', { extentBytes: 2048 }],
    ['many short extents', { extentBytes: 2048, form: 'short' }],
    ['extents in several lists', { extentBytes: 2048, extentsPerList: 2 }],
    ['short extents in several lists', { extentBytes: 2048, extentsPerList: 2, form: 'short' }],
    ['an indirect entry', { isIndirect: true }],
  ])('gives a file with %s', async (_what, how) => {
    const { contents: found } = await read({ files: [{ path: 'film', data: film, ...how }] });
    expect(found).toEqual({ film });
  });

  it.each([true, false])('gives files embedded in their entries (metadata partition: %s)', async (hasMetadata) => {
    const { contents: found } = await read({ files: [{ path: 'a', data: 'in there', form: 'embedded' }], hasMetadata });
    expect(found).toEqual({ a: 'in there' });
  });

  it('gives extents that follow on each other as one range', async () => {
    const bytes = makeUdf({ files: [{ path: 'film', data: Buffer.alloc(2 ** 20 * 2 + 5, 1) }] });
    const { members } = await readDisc(memoryInput(bytes), noKeys);
    expect(members[0]!.content).toMatchObject({ from: 'volume' });
  });

  it('takes few reads', async () => {
    const many = Array.from({ length: 300 }, (_, index) => ({
      path: `f/${index}`,
      data: 'x',
      form: 'embedded' as const,
    }));
    const input = memoryInput(makeUdf({ files: many }));
    expect((await readDisc(input, noKeys)).members.length).toBe(301);
    expect(input.reads.length).toBeLessThan(60);
  });

  it('is known by one read', async () => {
    const input = memoryInput(makeUdf({ files }));
    expect(await isDisc(input, noKeys)).toBe(true);
    expect(input.reads.length).toBe(1);
    expect(await isDisc(memoryInput(Buffer.alloc(100_000)), noKeys)).toBe(false);
    expect(await isDisc(memoryInput(Buffer.alloc(100)), noKeys)).toBe(false);
  });
});

describe('what cannot be read on a UDF disc', () => {
  it.each<[string, Partial<MadeFile>, string]>([
    ['a hole', { extentType: 1 }, 'feature'],
    ['an extent that does not exist', { extentType: 2 }, 'feature'],
    ['a link', { fileType: 12 }, 'feature'],
  ])('is refused by file: %s', async (_what, how, reason) => {
    const { contents: found } = await read({ files: [{ path: 'odd', data: film, ...how }, ...files] });
    const { odd, ...others } = found;
    expect(odd).toMatch(new RegExp(`^${reason}: `));
    expect(others).toEqual(contents);
  });

  it('a file entry that is damaged hides one file', async () => {
    const bytes = makeUdf({ files: [{ path: 'mine', data: 'unlike others', form: 'embedded' }, ...files] });
    const at = bytes.indexOf('unlike others');
    bytes.fill(0, Math.floor(at / 2048) * 2048, at);
    const listing = await readDisc(memoryInput(bytes), noKeys);
    expect(contentsOf(listing, bytes)).toEqual({ ...contents, mine: expect.stringMatching(/^damaged: /) });
  });

  it('a folder that is damaged hides what is in it', async () => {
    const bytes = makeUdf({ files });
    const at = bytes.indexOf('index.bdmv');
    bytes.fill(0, Math.floor(at / 2048) * 2048, at);
    const { members, warnings } = await readDisc(memoryInput(bytes), noKeys);
    expect(members.map(({ path }) => path)).toEqual(['BDMV', 'größe.txt', 'жук.txt', 'empty']);
    expect(warnings).toEqual(['the folder BDMV breaks off']);
  });

  it('a folder that contains itself is read once', async () => {
    const bytes = makeUdf({ files });
    // The names in the root folder begin with the parent, then BDMV: its entry becomes the root's.
    const root = bytes.indexOf('BDMV') - 39;
    bytes.copy(bytes, root + 24, root - 40 + 24, root - 40 + 28);
    const { warnings } = await readDisc(memoryInput(bytes), noKeys);
    expect(warnings).toEqual(['the folder BDMV is another one as well']);
  });

  it.each<[string, Uint8Array, string]>([
    ['a partition nobody knows', makeUdf({ files, mapName: '*UDF Virtual Partition' }), 'feature'],
    ['no anchor', makeUdf({ files }).fill(0, 256 * 2048, 257 * 2048), 'damaged'],
    ['half of a disc', makeUdf({ files }).subarray(0, 300_000), 'damaged'],
    ['no disc', Buffer.alloc(100_000), 'damaged'],
  ])('%s is refused', async (_what, bytes, reason) => {
    await expect(readDisc(memoryInput(bytes), noKeys)).rejects.toMatchObject({
      code: 'ERR_ARCHIVE_UNSUPPORTED',
      reason,
    });
  });

  it('an image that is cut off keeps the files before', async () => {
    const more = [...files, { path: 'last', data: Buffer.alloc(99_999, 1) }];
    const bytes = makeUdf({ files: more, hasMetadata: true }).subarray(0, 520 * 2048);
    const { members } = await readDisc(memoryInput(bytes), noKeys);
    expect(members.find(({ path }) => path === 'last')!.refusal).toMatchObject({ reason: 'incomplete' });
    expect(members.find(({ path }) => path === 'BDMV/index.bdmv')!.content).toBeDefined();
  });
});

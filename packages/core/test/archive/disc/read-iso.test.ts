import { describe, expect, it } from 'vitest';
import { readDisc } from '../../../src/archive/disc/read-disc.js';
import { ArticleMissingError } from '../../../src/errors/index.js';
import { contentsOf, memoryInput, noKeys } from '../memory-input.js';
import { bothEndian, bytesField, type MadeEntry, type MadeIso, makeIso, nameField, sectorBytes } from './make-iso.js';
import { makeUdf } from './make-udf.js';

const entries: readonly MadeEntry[] = [
  { path: 'FOLDER' },
  { path: 'FOLDER/FILM.MKV;1', data: 'the film' },
  { path: 'README.;1', data: 'read me' },
  { path: 'EMPTY.NFO;1', data: '' },
];
const contents = { FOLDER: 'folder', 'FOLDER/FILM.MKV': 'the film', README: 'read me', 'EMPTY.NFO': '' };
const mode = (value: number) => bytesField('PX', bothEndian(value), bothEndian(1), bothEndian(0), bothEndian(0));

async function read(how: MadeIso) {
  const { bytes } = makeIso(how);
  const listing = await readDisc(memoryInput(bytes, 'x.iso'), noKeys);
  return { ...listing, contents: contentsOf(listing, bytes), bytes };
}

describe('an ISO 9660 disc', () => {
  it('gives its files', async () => {
    const { contents: found, members, format, warnings } = await read({ entries });
    expect(found).toEqual(contents);
    expect(format).toBe('iso');
    expect(warnings).toEqual([]);
    expect(members.find(({ path }) => path === 'README')).toMatchObject({
      kind: 'file',
      size: 7,
      isEncrypted: false,
      modifiedMs: Date.UTC(2020, 5, 1, 12),
    });
  });

  it('gives the names of Joliet', async () => {
    const { contents: found } = await read({ entries, joliet: [{ path: 'größe ж.txt;1', data: 'joliet' }] });
    expect(found).toEqual({ 'größe ж.txt': 'joliet' });
  });

  it('gives the names of Rock Ridge where those of Joliet may be cut', async () => {
    const whole = `${'long '.repeat(20)}.mkv`;
    const rockRidge = [{ path: 'LONG.MKV;1', data: 'film', fields: [nameField(whole)] }];
    const joliet = [{ path: whole.slice(0, 64), data: 'film' }];
    expect((await read({ entries: rockRidge, joliet, hasRockRidge: true })).contents).toEqual({ [whole]: 'film' });
    expect((await read({ entries: rockRidge, joliet })).contents).toEqual({ [whole.slice(0, 64)]: 'film' });
  });

  it('gives a file in several extents', async () => {
    const data = 'film '.repeat(2000);
    const { contents: found } = await read({ entries: [{ path: 'A', data, extents: [4096, 2048] }, ...entries] });
    expect(found).toEqual({ A: data, ...contents });
  });

  it('gives folders of more than a sector', async () => {
    const many = Array.from({ length: 60 }, (_, index) => ({
      path: `A NAME OF SOME LENGTH ${index}`,
      data: String(index),
    }));
    expect(Object.values((await read({ entries: many })).contents)).toEqual(many.map(({ data }) => data));
  });
});

describe('Rock Ridge', () => {
  it('gives names, times, links', async () => {
    const times = bytesField('TF', [3], [1, 1, 1, 0, 0, 0, 0], [121, 7, 2, 3, 4, 5, 0]);
    const { contents: found, members } = await read({
      hasRockRidge: true,
      entries: [
        { path: 'LONG', fields: [nameField('größe'), mode(0o040755)] },
        { path: 'LONG/A.;1', data: 'one', fields: [nameField('one'), times] },
        {
          path: 'B.;1',
          data: 'two',
          fields: [bytesField('NM', [1], Buffer.from('tw'))],
          moreFields: [nameField('o!')],
        },
        {
          path: 'C.;1',
          data: '',
          fields: [nameField('link'), mode(0o120777), bytesField('SL', [0, 0, 3], Buffer.from('one'))],
        },
        { path: 'D.;1', data: '', fields: [nameField('far'), mode(0o120777), bytesField('SL', [0, 4, 0, 0, 1, 65])] },
        {
          path: 'E.;1',
          data: 'x',
          fields: [nameField('zipped'), bytesField('ZF', Buffer.from('pz'), [4, 15], bothEndian(99))],
        },
        { path: 'F.;1', data: 'plain' },
      ],
    });
    expect(found).toEqual({
      größe: 'folder',
      'größe/one': 'one',
      'two!': 'two',
      link: 'one',
      far: expect.stringMatching(/^feature: /),
      zipped: expect.stringMatching(/^compressed: /),
      F: 'plain',
    });
    expect(members.find(({ path }) => path === 'größe/one')!.modifiedMs).toBe(Date.UTC(2021, 6, 2, 3, 4, 5));
    expect(members.find(({ path }) => path === 'zipped')!.size).toBe(99);
  });

  it('finds folders that are too deep where they belong', async () => {
    const deep: readonly MadeEntry[] = [
      { path: 'RR_MOVED', fields: [nameField('rr_moved')] },
      { path: 'RR_MOVED/DEEP', fields: [nameField('deep'), bytesField('RE')] },
      { path: 'RR_MOVED/DEEP/A', data: 'deep down', fields: [nameField('a')] },
    ];
    const { folders } = makeIso({ entries: deep, hasRockRidge: true });
    const child = bytesField('CL', bothEndian(folders.get('RR_MOVED/DEEP')!));
    const { contents: found } = await read({
      hasRockRidge: true,
      entries: [...deep, { path: 'DEEP', data: '', fields: [nameField('deep'), child] }],
    });
    expect(found).toEqual({ deep: 'folder', 'deep/a': 'deep down' });
  });

  it('that goes on for ever ends', async () => {
    const { bytes } = makeIso({
      hasRockRidge: true,
      entries: [{ path: 'A', data: 'a', moreFields: [bytesField('CE', Buffer.alloc(24))] }],
    });
    const at = bytes.lastIndexOf('CE');
    bothEndian(Math.floor(at / sectorBytes)).copy(bytes, at + 4);
    bothEndian(at % sectorBytes).copy(bytes, at + 12);
    bothEndian(28).copy(bytes, at + 20);
    expect(contentsOf(await readDisc(memoryInput(bytes), noKeys), bytes)).toEqual({ A: 'a' });
  });
});

describe('what cannot be read on an ISO 9660 disc', () => {
  it('interleaved files are refused, parts of others are left out', async () => {
    const { contents: found } = await read({
      entries: [{ path: 'A', data: 'a', isInterleaved: true }, { path: 'B', data: 'b', flags: 4 }, ...entries],
    });
    expect(found).toEqual({ ...contents, A: expect.stringMatching(/^feature: /) });
  });

  it('an image that is cut off keeps what is before', async () => {
    const { bytes } = makeIso({ entries: [...entries, { path: 'Z' }, { path: 'Z/LAST', data: Buffer.alloc(9999) }] });
    const listing = await readDisc(memoryInput(bytes.subarray(0, -9000)), noKeys);
    expect(contentsOf(listing, bytes)).toEqual({
      ...contents,
      Z: 'folder',
      'Z/LAST': expect.stringMatching(/^incomplete: /),
    });
  });

  it('a folder that is gone hides what is in it', async () => {
    const { bytes, folders } = makeIso({ entries: [...entries, { path: 'Z' }, { path: 'Z/A', data: 'a' }] });
    const gone = new ArticleMissingError({ messageId: 'a@b' as never, asked: [] });
    const lost = folders.get('FOLDER')! * sectorBytes;
    const input = memoryInput(bytes, 'x', (start, end) => {
      if (start < lost + sectorBytes && end > lost && start !== 32_768) throw gone;
    });
    const { members, warnings } = await readDisc(input, noKeys);
    expect(warnings).toEqual([expect.stringMatching(/^the folder FOLDER cannot be read: /)]);
    expect(members.map(({ path }) => path)).toEqual(['FOLDER', 'README', 'EMPTY.NFO', 'Z', 'Z/A']);
  });

  it('a folder that contains itself is read once', async () => {
    const { bytes, folders } = makeIso({ entries });
    const root = folders.get('')! * sectorBytes;
    const at = bytes.indexOf('FOLDER', root) - 33;
    bytes.copy(bytes, at + 2, root + 2, root + 10);
    const { warnings } = await readDisc(memoryInput(bytes), noKeys);
    expect(warnings).toEqual(['the folder FOLDER is another one as well']);
  });

  it('folders that claim to be huge are refused', async () => {
    const { bytes, folders } = makeIso({ entries });
    const root = folders.get('')! * sectorBytes;
    bothEndian(2 ** 31).copy(bytes, bytes.indexOf('FOLDER', root) - 33 + 10);
    const listing = await readDisc(memoryInput(bytes), noKeys);
    expect(listing.warnings).toEqual([expect.stringMatching(/beyond the limit/)]);
    expect(contentsOf(listing, bytes)).toMatchObject({ README: 'read me' });
  });
});

describe('a disc with both', () => {
  const { bytes: iso } = makeIso({ entries });
  function bridge(damage: boolean): Buffer {
    const bytes = makeUdf({ files: [{ path: 'film.vob', data: 'the film' }] });
    // Descriptors of ISO 9660 in front of those of UDF, and its folders in the room before the anchor.
    const recognition = Buffer.from(bytes.subarray(32_768, 32_768 + 3 * 2048));
    iso.copy(bytes, 32_768, 32_768);
    recognition.copy(bytes, 32_768 + 2 * 2048);
    return damage ? bytes.fill(0, 300 * 2048, 800 * 2048) : bytes;
  }

  it('is read as UDF', async () => {
    const bytes = bridge(false);
    expect(contentsOf(await readDisc(memoryInput(bytes), noKeys), bytes)).toEqual({ 'film.vob': 'the film' });
  });

  it('is read as ISO 9660 when UDF is damaged', async () => {
    const bytes = bridge(true);
    const listing = await readDisc(memoryInput(bytes), noKeys);
    expect(contentsOf(listing, bytes)).toEqual(contents);
    expect(listing.warnings).toEqual([expect.stringMatching(/^UDF cannot be read/)]);
  });
});

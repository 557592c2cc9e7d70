import { describe, expect, it } from 'vitest';
import { readTar, tarSignature } from '../../../src/archive/tar/read-tar.js';
import { ArticleMissingError } from '../../../src/errors/index.js';
import { contentsOf, memoryInput, noKeys } from '../memory-input.js';
import { type MadeBlock, makeTar, pax, tarBlock } from './make-tar.js';

const film: MadeBlock = { name: 'film.mkv', data: 'the film' };

async function read(...blocks: readonly (Buffer | MadeBlock)[]) {
  const bytes = makeTar(...blocks);
  const listing = await readTar(memoryInput(bytes), noKeys);
  return { ...listing, contents: contentsOf(listing, bytes) };
}

describe('a tar', () => {
  it('gives its members', async () => {
    const { members, contents, warnings, format } = await read(
      { name: 'folder/', type: '5' },
      { ...film, name: 'folder/film.mkv' },
      { name: 'empty' },
      { name: 'old', data: 'x'.repeat(1000), type: '\0' },
      { name: 'link', type: '2', link: 'folder/film.mkv' },
      { name: 'second name', type: '1', link: 'old' },
      { name: 'old folder/', type: '\0' },
    );
    expect(contents).toEqual({
      folder: 'folder',
      'folder/film.mkv': 'the film',
      empty: '',
      old: 'x'.repeat(1000),
      link: 'folder/film.mkv',
      'second name': 'x'.repeat(1000),
      'old folder': 'folder',
    });
    expect(format).toBe('tar');
    expect(warnings).toEqual([]);
    expect(members[1]).toEqual({
      path: 'folder/film.mkv',
      kind: 'file',
      size: 8,
      modifiedMs: 1_600_000_000_000,
      isEncrypted: false,
      content: { from: 'volume', volume: 0, start: 1024, end: 1032 },
    });
    expect(members[4]!.kind).toBe('link');
  });

  it.each<[string, readonly (Buffer | MadeBlock)[], string]>([
    ['a prefix', [{ ...film, name: 'b', prefix: 'a/c' }], 'a/c/b'],
    ['no prefix in GNU headers', [{ ...film, name: 'b', prefix: '12345', magic: 'ustar  \0' }], 'b'],
    [
      'no prefix in star headers beyond 131 bytes',
      [
        {
          ...film,
          name: 'b',
          patches: [
            [480, 'times'],
            [508, 'tar\0'],
          ],
        },
      ],
      'b',
    ],
    ['a name of 100 bytes', [{ ...film, name: 'n'.repeat(100) }], 'n'.repeat(100)],
    [
      'a long name by GNU',
      [
        { name: '././@LongLink', type: 'L', data: `${'l'.repeat(700)}\0` },
        { ...film, name: 'l' },
      ],
      'l'.repeat(700),
    ],
    ['a pax path', [pax({ path: 'größe/ж', mtime: '1.5' }), film], 'größe/ж'],
    ['a pax path of Sun', [pax({ path: 'sun' }, 'X'), film], 'sun'],
    ['a global pax header', [pax({ comment: 'a revision' }, 'g'), film], 'film.mkv'],
    ['a name in Latin-1', [{ ...film, name: Buffer.from('gr\xf6\xdfe', 'latin1') }], 'größe'],
    ['a label in front', [{ name: 'label', type: 'V' }, film], 'film.mkv'],
    ['an empty pax header', [pax({}), film], 'film.mkv'],
  ])('names: %s', async (_what, blocks, path) => {
    const { contents } = await read(...blocks, { name: 'next', data: 'next' });
    expect(contents[path]).toBe('the film');
    expect(Object.values(contents)).toEqual(['the film', expect.anything()]);
  });

  it('long targets of links are read from where they are', async () => {
    const target = 'to/'.repeat(100);
    const { contents } = await read(
      { type: 'K', data: `${target}\0` },
      { name: 'gnu', type: '2', link: 'to/' },
      pax({ linkpath: target, comment: 'none' }),
      { name: 'pax', type: '2', link: 'to/' },
    );
    expect(contents).toEqual({ gnu: target, pax: target });
  });

  it('sizes of pax and of GNU count', async () => {
    const size = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1]);
    const { contents } = await read(
      { name: 'binary', data: 'b'.repeat(513), sizeField: size },
      pax({ size: '700' }),
      { name: 'pax', data: 'p'.repeat(700), sizeField: Buffer.alloc(12, '0') },
      film,
    );
    expect(contents).toEqual({ binary: 'b'.repeat(513), pax: 'p'.repeat(700), 'film.mkv': 'the film' });
  });

  it('hard links may carry the data, or only their size', async () => {
    const { contents } = await read(
      film,
      { name: 'with data', type: '1', link: 'film.mkv', data: 'the film' },
      { name: 'without', type: '1', link: 'film.mkv', sizeField: Buffer.from('00000000010\0') },
      { name: 'nowhere', type: '1', link: 'gone' },
      { name: 'last', data: 'last' },
    );
    expect(contents).toEqual({
      'film.mkv': 'the film',
      'with data': 'the film',
      without: 'the film',
      nowhere: 'incomplete: The member this link points to is not in the archive',
      last: 'last',
    });
  });

  const sparse: MadeBlock = {
    name: 'sparse',
    type: 'S',
    sizeField: Buffer.from('00000001000\0'),
    patches: [
      [482, '\x01'],
      [483, '00000200000\0'],
    ],
  };

  it('sparse members, devices and continued members do not hide the others', async () => {
    const { contents, members, warnings } = await read(
      Buffer.concat([tarBlock(sparse), Buffer.alloc(512, 1), Buffer.alloc(512), Buffer.alloc(512, 'pieces')]),
      pax({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'newer', 'GNU.sparse.realsize': '9000' }),
      { name: 'GNUSparseFile.1/newer', data: 'pieces' },
      { name: 'tape', type: 'M', data: 'end' },
      { name: 'tty', type: '3' },
      film,
    );
    expect(contents).toMatchObject({ newer: expect.stringMatching('feature'), tape: expect.stringMatching('feature') });
    expect(members.map(({ size }) => size)).toEqual([65_536, 9000, 3, 8]);
    expect(contents['film.mkv']).toBe('the film');
    expect(warnings).toEqual(['tty is a device or a pipe and is left out']);
  });

  it('costs one small read per large member, and few for many small ones', async () => {
    const large = memoryInput(
      makeTar(...Array.from({ length: 20 }, (_, index) => ({ name: `${index}`, data: Buffer.alloc(200_000) }))),
    );
    expect((await readTar(large, noKeys)).members.length).toBe(20);
    expect(large.reads.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(32 * 512);
    const small = memoryInput(makeTar(...Array.from({ length: 1000 }, (_, index) => ({ ...film, name: `${index}` }))));
    expect((await readTar(small, noKeys)).members.length).toBe(1000);
    expect(small.reads.length).toBeLessThan(40);
  });
});

describe('what cannot be read in a tar', () => {
  it('a damaged header ends it, with a warning', async () => {
    const bytes = makeTar(film, { name: 'second', data: 'second' });
    bytes[1030] = 1;
    const listing = await readTar(memoryInput(bytes), noKeys);
    expect(contentsOf(listing, bytes)).toEqual({ 'film.mkv': 'the film' });
    expect(listing.warnings).toEqual(['what lies behind byte 1024 cannot be read: The checksum of a header is wrong']);
  });

  it('a missing article ends it, with a warning; one that cannot be had now does not', async () => {
    const bytes = makeTar({ name: 'first', data: Buffer.alloc(100_000) }, film);
    const gone = new ArticleMissingError({ messageId: 'a@b' as never, asked: [] });
    const input = (error: Error) =>
      memoryInput(bytes, 'x', (start) => {
        if (start > 0) throw error;
      });
    const listing = await readTar(input(gone), noKeys);
    expect(listing.members.map(({ path }) => path)).toEqual(['first']);
    expect(listing.warnings.length).toBe(1);
    const away = new Error('no network');
    await expect(readTar(input(away), noKeys)).rejects.toBe(away);
  });

  it('a member that is cut off is refused, those before it are not', async () => {
    const bytes = makeTar(film, { name: 'large', data: Buffer.alloc(5000) }).subarray(0, 3000);
    const listing = await readTar(memoryInput(bytes), noKeys);
    expect(contentsOf(listing, bytes)).toEqual({
      'film.mkv': 'the film',
      large: 'incomplete: The archive ends before this member does',
    });
  });

  it('an extended header that is too large refuses the member behind it', async () => {
    const { contents } = await read({ type: 'x', data: Buffer.alloc(2 ** 20 + 1, '1') }, film, {
      ...film,
      name: 'next',
    });
    expect(contents).toEqual({ 'film.mkv': expect.stringMatching('feature'), next: 'the film' });
  });

  it.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(10_240)],
    ['text', Buffer.alloc(10_240, 'text ')],
    ['a broken extended header', makeTar({ type: 'x', data: '9999 path=a\n' }, film)],
    ['a negative size', makeTar({ ...film, sizeField: Buffer.alloc(12, 0xff) })],
    ['an absurd size', makeTar({ ...film, sizeField: Buffer.concat([Buffer.from([0x80]), Buffer.alloc(11, 0x7f)]) })],
    ['a size that is no number', makeTar({ ...film, sizeField: Buffer.from('0000000009z\0') })],
  ])('%s is refused', async (_what, bytes) => {
    await expect(readTar(memoryInput(bytes), noKeys)).rejects.toMatchObject({
      code: 'ERR_ARCHIVE_UNSUPPORTED',
      reason: 'damaged',
    });
  });

  it('rejects with the reason of an abort', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    const input = memoryInput(makeTar({ name: 'a', data: Buffer.alloc(99_999) }, film), 'x', (start) => {
      if (start > 0) stop.abort(reason);
      if (start > 0) throw reason;
    });
    await expect(readTar(input, { ...noKeys, signal: stop.signal })).rejects.toBe(reason);
  });
});

describe('the signature of a tar', () => {
  it.each<[string, Uint8Array, boolean]>([
    ['a header', makeTar(film), true],
    ['a header of an old writer', tarBlock({ ...film, magic: '' }), true],
    ['less than a header', makeTar(film).subarray(0, 511), false],
    ['zeros', Buffer.alloc(512), false],
    ['text', Buffer.alloc(512, 'a'), false],
  ])('%s', (_what, head, expected) => {
    expect(tarSignature(head)).toBe(expected);
  });

  it('counts signed bytes as some old writers did', () => {
    const block = tarBlock({ ...film, name: Buffer.from([0xf6, 0x61]) });
    const sum = Number.parseInt(block.toString('latin1', 148, 154), 8) - 256;
    block.write(sum.toString(8).padStart(6, '0'), 148);
    expect(tarSignature(block)).toBe(true);
  });
});

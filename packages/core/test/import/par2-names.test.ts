import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchPar2, md5OfHead } from '../../src/import/par2-names.js';
import { readPar2 } from '../../src/par2/read-par2.js';
import { deterministicBytes } from '../../src/testing/memory-file.js';
import { par2Packets } from '../par2/par2-bytes.js';

const contents = {
  'empty.txt': new Uint8Array(0),
  'short.nfo': deterministicBytes(100, 1),
  'exact.bin': deterministicBytes(16_384, 2),
  'movie.mkv': deterministicBytes(50_000, 3),
  'movie-cut.mkv': deterministicBytes(50_000, 3).subarray(0, 40_000),
};
const sets = readPar2([Buffer.concat(par2Packets(Object.entries(contents).map(([name, bytes]) => ({ name, bytes }))))]);
const head = (bytes: Uint8Array) => ({ md5of16k: md5OfHead(bytes), size: bytes.length });
const names = (posted: Parameters<typeof matchPar2>[0]) => matchPar2(posted, sets).map((file) => file?.name);

describe('posted files and what PAR2 calls them', () => {
  it.each(Object.entries(contents))('%s', (name, bytes) => {
    expect(names([head(bytes)])).toEqual([name]);
  });

  it('are told apart by size when they begin alike, and left alone when that is not known', () => {
    const { md5of16k } = head(contents['movie.mkv']);
    expect(names([{ md5of16k, size: 40_000 }])).toEqual(['movie-cut.mkv']);
    expect(names([{ md5of16k, size: 45_000 }])).toEqual([undefined]);
    expect(names([{ md5of16k, size: undefined }])).toEqual([undefined]);
    expect(names([{ md5of16k: md5OfHead(contents['short.nfo']), size: undefined }])).toEqual(['short.nfo']);
  });

  it('are unknown without a beginning or a description', () => {
    expect(names([{ md5of16k: undefined, size: 100 }, head(deterministicBytes(100, 9))])).toEqual([
      undefined,
      undefined,
    ]);
    expect(matchPar2([head(contents['short.nfo'])], [])).toEqual([undefined]);
  });

  it('that are the same get the names one after the other', () => {
    const bytes = deterministicBytes(10, 1);
    const twins = readPar2([
      Buffer.concat(
        par2Packets([
          { name: 'a', bytes },
          { name: 'b', bytes },
        ]),
      ),
    ]);
    const posted = [head(bytes), head(bytes), head(bytes)];
    expect(matchPar2(posted, [...twins, ...twins]).map((file) => file?.name)).toEqual(['a', 'b', 'a']);
  });

  it('never fail', () => {
    const posted = fc.record({
      md5of16k: fc.option(fc.constantFrom(...Object.values(contents).map(md5OfHead), '', 'x'), { nil: undefined }),
      size: fc.option(fc.nat(60_000), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(posted), (all) => {
        expect(names(all).length).toBe(all.length);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../src/import/classify.js';

describe('what a file is by its name', () => {
  it.each([
    ['Movie.2020.mkv', 'video'],
    ['MOVIE.MKV', 'video'],
    ['show.ts', 'video'],
    ['dvd/VTS_01_1.VOB', 'video'],
    ['Free.Sample.2012.1080p.mkv', 'video'],
    ['Samples.of.Life.mkv', 'video'],
    ['sample.mkv', 'sample'],
    ['sample-movie.mkv', 'sample'],
    ['movie-sample.mkv', 'sample'],
    ['movie.SAMPLE.avi', 'sample'],
    ['movie.sample2.avi', 'sample'],
    ['movie (sample).mkv', 'sample'],
    ['Sample/movie.mkv', 'sample'],
    ['a\\Samples\\movie.mkv', 'sample'],
    ['01 - Song.flac', 'audio'],
    ['movie.en.srt', 'subtitle'],
    ['movie.idx', 'subtitle'],
    ['cover.JPG', 'image'],
    ['sample.jpg', 'image'],
    ['movie.nfo', 'text'],
    ['movie.sfv', 'text'],
    ['movie.rar', 'archive-volume'],
    ['movie.part01.rar', 'archive-volume'],
    ['movie.r42', 'archive-volume'],
    ['movie.7z.001', 'archive-volume'],
    ['movie.zip', 'archive-volume'],
    ['movie.z01', 'archive-volume'],
    ['movie.mkv.001', 'archive-volume'],
    ['0123456789abcdef0123456789abcdef.7', 'archive-volume'],
    ['disc.iso', 'archive-volume'],
    ['backup.tar', 'archive-volume'],
    ['sample.rar', 'archive-volume'],
    ['movie.par2', 'par2'],
    ['movie.vol003+04.PAR2', 'par2'],
    ['Chapter.2', 'other'],
    ['book.epub', 'other'],
    ['setup.exe', 'other'],
    ['noextension', 'other'],
    ['.mkv', 'other'],
    ['', 'other'],
  ])('%j: %s', (name, kind) => {
    expect(classify(name)).toBe(kind);
  });

  it('takes any text, in no time', () => {
    fc.assert(fc.property(fc.string(), (text) => void classify(text)));
    const started = performance.now();
    for (const piece of ['sample', 'sample/', '.', '-sample', ' ', '(sample', '1', '.mkv'])
      for (const end of ['', '.mkv', '.1']) classify(piece.repeat(100_000) + end);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitEnding } from '../../../src/import/naming/name-ending.js';
import { type NameCandidates, rankNames } from '../../../src/import/naming/rank-names.js';
import { safeName } from '../../../src/nzb/safe-name.js';

const hash = '8f14e45fceea167a5a36dedd4bea2543';
const random = 'aXk29dKq0ZpW';
const head = new Uint8Array([1]);
const extensionOf = () => 'mkv';

describe('the name of a file', () => {
  it.each<[string, NameCandidates, string, string]>([
    ['what PAR2 says', { par2: 'a movie.mkv', subject: 'other.mkv', yenc: 'more.mkv' }, 'a movie.mkv', 'par2'],
    ['the archive', { archive: 'a movie.mkv', subject: 'other.mkv' }, 'a movie.mkv', 'archive'],
    ['the subject', { subject: 'a movie.mkv', yenc: 'other.mkv', release: 'Release' }, 'a movie.mkv', 'subject'],
    ['yEnc lines', { subject: '', yenc: 'a movie.mkv' }, 'a movie.mkv', 'yenc'],
    ['what says something', { par2: `${hash}.mkv`, subject: hash, yenc: 'a movie.mkv' }, 'a movie.mkv', 'yenc'],
    ['the release', { par2: `${hash}.mkv`, yenc: random, release: 'Big Movie' }, 'Big Movie.mkv', 'release'],
    ['the release', { subject: `${hash}.part07.rar`, release: 'Big Movie' }, 'Big Movie.part07.rar', 'release'],
    [
      'the release',
      { subject: `${hash}.r07`, yenc: `${random}.bin`, release: 'Big Movie' },
      'Big Movie.r07',
      'release',
    ],
    ['the release', { subject: `${hash}.7z.012`, release: 'Big Movie' }, 'Big Movie.7z.012', 'release'],
    ['the release', { subject: `${hash}.vol3+4.par2`, release: 'Big Movie' }, 'Big Movie.vol3+4.par2', 'release'],
    ['the release', { subject: hash, head, release: 'Big.Movie.2020' }, 'Big.Movie.2020.mkv', 'release'],
    ['the release', { subject: `${hash}.avi`, head, release: 'Big.Movie.mkv' }, 'Big.Movie.mkv', 'release'],
    ['the release', { subject: hash, release: 'Show.S01' }, 'Show.S01', 'release'],
    ['its content', { subject: 'Big Movie', head }, 'Big Movie.mkv', 'subject'],
    ['its content', { subject: 'Big.Movie.2020', yenc: `${random}.bin`, head }, 'Big.Movie.2020.mkv', 'subject'],
    ['another name', { subject: 'Big Movie', yenc: `${random}.avi` }, 'Big Movie.avi', 'subject'],
    ['a safe name', { subject: '../../big: movie?.mkv. ' }, 'big_ movie_.mkv', 'subject'],
  ])('comes from %s: %j', (_, candidates, name, from) => {
    expect(rankNames(candidates, extensionOf)).toEqual({ name, from, isObfuscated: false });
  });

  it.each<[NameCandidates, string, string]>([
    [{ subject: hash, yenc: random }, hash, 'subject'],
    [{ par2: `${random}.rar`, release: hash }, `${random}.rar`, 'par2'],
    [{ yenc: random, head }, `${random}.mkv`, 'yenc'],
  ])('is the most trusted one when none says anything: %j', (candidates, name, from) => {
    expect(rankNames(candidates, extensionOf)).toEqual({ name, from, isObfuscated: true });
  });

  it('is none when there is none', () => {
    expect(rankNames({})).toBeUndefined();
    expect(rankNames({ subject: '..', yenc: ' ', release: '' })).toBeUndefined();
  });

  it('is safe whatever was given', () => {
    const text = fc.option(
      fc.oneof(fc.string(), fc.constantFrom('x'.repeat(300), 'con', `${'é'.repeat(200)}.part1.rar`)),
      {
        nil: undefined,
      },
    );
    const candidates = fc.record({ par2: text, archive: text, subject: text, yenc: text, release: text });
    fc.assert(
      fc.property(candidates, (given) => {
        const name = rankNames({ ...given, head }, extensionOf)?.name ?? 'none';
        expect(safeName(name)).toBe(name);
        expect(name).not.toBe('');
      }),
    );
  });
});

describe('the ending of a name', () => {
  it.each([
    ['a.mkv', '.mkv'],
    ['a.part01.rar', '.part01.rar'],
    ['a.r00', '.r00'],
    ['a.7z.001', '.7z.001'],
    ['a.mkv.001', '.mkv.001'],
    ['a.001', '.001'],
    ['a.vol003+04.par2', '.vol003+04.par2'],
    ['a.tar', '.tar'],
    ['a.epub', '.epub'],
    ['Movie.2020', ''],
    ['Movie 2.0', ''],
    ['a', ''],
    ['', ''],
    ['Movie.1080p.x264-GROUP', ''],
    ['.hidden', ''],
  ])('%j: %j', (name, ending) => {
    expect(splitEnding(name)).toEqual({ stem: name.slice(0, name.length - ending.length), ending });
  });
});

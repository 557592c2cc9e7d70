import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksObfuscated } from '../../../src/import/naming/looks-obfuscated.js';

describe('a name that says something', () => {
  it.each([
    'The.Matrix.1999.1080p.BluRay.x264-GROUP.mkv',
    'Inception (2010).mkv',
    'heat.mkv',
    'Thor.mkv',
    '1917.mkv',
    '300.mp4',
    '9.mkv',
    'Se7en.1995.mkv',
    'WALL-E.mkv',
    'M.mkv',
    'RRR.2022.1080p.NF.WEB-DL.mkv',
    '[SubsPlease] Sousou no Frieren - 01 (1080p) [F02B9CEE].mkv',
    '[EMBER] K - 01 [F02B9CEE].mkv',
    '[Erai-raws] Jujutsu Kaisen 2nd Season - 23 END [1080p][Multiple Subtitle][A1B2C3D4].mkv',
    '[HorribleSubs] 91 Days - 05 [720p].mkv',
    'show.s01e01e02.720p.hdtv.x264-fov.mkv',
    'fov-got.s01e01.720p.mkv',
    'sparks-thor.1080p.mkv',
    'rvx-ss401.mkv',
    'd-heat720p.mkv',
    'amiable-xmen.mkv',
    'ctu-lost.s03e05.avi',
    'BigBuckBunny.mp4',
    'bigbuckbunny.mkv',
    'big_buck_bunny_720p_h264.mov',
    '2Fast2Furious.mkv',
    'iPhone15ProMax.pdf',
    '映画.mkv',
    '進撃の巨人 第1話.mkv',
    'Москва слезам не верит.avi',
    '기생충.2019.mkv',
    'Amélie.mkv',
    'Das.Boot.1981.German.DL.1080p.mkv',
    'Krzysztof Kieslowski - Trzy kolory.mkv',
    'Schwarzwaldklinik.avi',
    '01-queen-bohemian_rhapsody.mp3',
    'Track 01.flac',
    'Season 1 Disc 2.iso',
    'ubuntu-22.04.3-desktop-amd64.iso',
    'readme.txt',
    'movie.sample.mkv',
    'sample.mkv',
    'proof.jpg',
    'My.Show.part01.rar',
    'my show.vol03+04.par2',
    'concert.7z.001',
    'wedding.mkv.001',
    '20240131.jpg',
    '2024-01-31 Birthday.mov',
    'IMG_20240131_123456.jpg',
    'PXL_20230102_030405678.mp4',
    'DSC01234.jpg',
    'XCOM 2.iso',
    'GTA V.iso',
    'Win10_22H2_English_x64.iso',
    'The.Office.US.S03E12.iNTERNAL.DVDRip.XviD-SiNNERS.avi',
    'tvp-himym-s01e01.avi',
    'tbbt.s12e24.mkv',
    'UFC 300 PPV.mkv',
    'F1.2024x01.Bahrain.mkv',
    'Psych.S01.mkv',
    'Nymphomaniac.mkv',
    'XOXO.mkv',
    'eXistenZ.mkv',
    'THX1138.mkv',
    'K-PAX.mkv',
    'S.W.A.T.mkv',
    'U-571.mkv',
    'Blade Runner 2049.mkv',
    'Fight Club',
    'Y Tu Mama Tambien.mkv',
    'Shichinin no samurai.avi',
    'vol_1.cbr',
    'Asimov, Isaac - Foundation.epub',
    'zz-top-greatest.mp3',
    'nfl.2023.wk01.mkv',
    'x-files.1x01.mkv',
    'QI XL.mkv',
    'MKBHD.mp4',
    'Strc prst skrz krk.mkv',
  ])('%j', (name) => {
    expect(looksObfuscated(name)).toBe(false);
  });
});

describe('a name that says nothing', () => {
  it.each([
    '8f14e45fceea167a5a36dedd4bea2543.mkv',
    '8f14e45fceea167a.rar',
    '8F14E45FCEEA167A5A36DEDD4BEA2543.part01.rar',
    'f47ac10b-58cc-4372-a567-0e02b2c3d479.mkv',
    '{f47ac10b-58cc-4372-a567-0e02b2c3d479}.mkv',
    'aXk29dKq0ZpW.mkv',
    'qkzjxvbnwp.mkv',
    '1234567890.mkv',
    '123456.rar',
    'b4d455.mkv',
    'a8f3k2',
    'dQw4w9WgXcQ.mkv',
    'Zm9vYmFyYmF6cXV4.mkv',
    'aX3-kd_9Zq0-LmPx2k.mkv',
    'abc.xyz.4f3a9b2c1d0e.mkv',
    'abc.xyz.mkv',
    'file-07',
    'video.mkv',
    'unknown.mkv',
    'untitled 2.mkv',
    'KJHGFDSQWRTPLKMN.7z.001',
    'kd83jfq9xm2.r00',
    '0123456789abcdef0123456789abcdef.193',
    'xkqzwvbtr.vol003+04.par2',
    '9a8b7c6d5e4f.1080p.mkv',
    '',
    '.mkv',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'hgfdkjhgwrtkjxcvb.mkv',
    'Gk4x-9fQz_7bLw2TnVc1.bin',
    'QWXZKJVBPM.001',
    '12345-67890.bin',
  ])('%j', (name) => {
    expect(looksObfuscated(name)).toBe(true);
  });
});

/** Words made of a digest, so that every run sees the same ones. */
function randomWords(alphabet: string, length: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = createHash('sha512').update(`${alphabet} ${length} ${index}`).digest();
    return [...bytes.subarray(0, length)].map((byte) => alphabet[byte % alphabet.length]).join('');
  });
}

describe('random names', () => {
  const lower = 'abcdefghijklmnopqrstuvwxyz';
  const digits = '0123456789';
  it.each([
    ['hexadecimal digits', 'abcdef0123456789', 16, 1],
    ['hexadecimal digits', 'abcdef0123456789', 12, 0.9],
    ['small letters', lower, 24, 0.95],
    ['small letters', lower, 12, 0.88],
    ['letters and digits', lower + lower.toUpperCase() + digits, 24, 0.97],
    ['letters and digits', lower + lower.toUpperCase() + digits, 12, 0.93],
    ['base64 for URLs', `${lower + lower.toUpperCase() + digits}-_`, 32, 0.97],
  ])('of %s (%s), %i long, are mostly known', (_, alphabet, length, least) => {
    const words = randomWords(alphabet, length, 1000);
    expect(words.filter((word) => looksObfuscated(`${word}.mkv`)).length / 1000).toBeGreaterThanOrEqual(least);
  });
});

describe('looking at names', () => {
  it('does not mind how they end', () => {
    const stem = fc.constantFrom('Big Buck Bunny', 'aXk29dKq0ZpW', '8f14e45fceea167a', 'Show.S01E01', '映画');
    const ending = fc.constantFrom('.mkv', '.part01.rar', '.r00', '.7z.001', '.vol003+04.par2', '.zip', '.MKV.001');
    fc.assert(
      fc.property(stem, ending, (name, end) => {
        expect(looksObfuscated(name + end)).toBe(looksObfuscated(name));
      }),
    );
  });

  it('never fails, and takes no time', () => {
    fc.assert(fc.property(fc.string(), (text) => void looksObfuscated(text)));
    const started = performance.now();
    for (const piece of ['a', '1', 'a1', '.', '[F02B9CEE]', '[', '-', 'é', '\u0301', 'S01', '{0-'])
      looksObfuscated(piece.repeat(300_000));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

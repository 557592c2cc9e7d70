import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSubject } from '../../src/nzb/file-name.js';
import { safeName } from '../../src/nzb/safe-name.js';

describe('file name in a subject', () => {
  it.each([
    ['[01/30] - "My.Show.S01E01.part01.rar" yEnc (1/66)', 'My.Show.S01E01.part01.rar', 66],
    ['"a.vol000+01.par2" yEnc (01/05)', 'a.vol000+01.par2', 5],
    ['(12/50) "b.r10" yEnc (1/20)', 'b.r10', 20],
    ['Post &quot;escaped twice.nfo&quot; yEnc (1/1)', 'escaped twice.nfo', 1],
    ['[3/9] - name.ext yEnc (1/5)', 'name.ext', 5],
    ['some words about a thing and then name.ext (1/5)', 'name.ext', 5],
    ['name.with.dots.mkv', 'name.with.dots.mkv', 0],
    ['[PRiVATE]-[WtFnZb]-[The.Movie.2020.mkv]-[1/8] - "" yEnc  1234567 (1/1714)', 'The.Movie.2020.mkv', 1714],
    ['[PRiVATE]-[WtFnZb]-[24]-[12/folder/The.File.mkv] - "" yEnc  123 (1/10)', 'The.File.mkv', 10],
    ['[N3wZ] \\6aZWVk237607\\::[PRiVATE]-[G]-[x.y.rar]-[1/8] - "" yEnc (1/17)', 'x.y.rar', 17],
    ['[12345]-[FULL]-[#a.b.teevee]-[ Show.S01E01 ]-[01/30] - "show.r00" yEnc (1/5)', 'show.r00', 5],
    ['"nodots" yEnc (1/2)', 'nodots', 2],
    ['"first words" something "real.name.mkv" yEnc (1/2)', 'real.name.mkv', 2],
    ['just prose (3/7)', '', 0],
    ['"x.bin" (3/7)', 'x.bin', 0],
    ['"x.bin" (1/7)', 'x.bin', 7],
    ['"x.bin" yEnc (3/7)', 'x.bin', 7],
    ['"x.bin" yEnc (9/7)', 'x.bin', 0],
    ['"../../etc/passwd" yEnc (1/1)', 'passwd', 1],
    ['"C:\\Windows\\con.txt" (1/1)', '_con.txt', 1],
    ['', '', 0],
  ])('%s', (subject, nameHint, segmentCount) => {
    expect(readSubject(subject)).toEqual({ nameHint, segmentCount });
  });

  it('reads hostile subjects in no time', () => {
    const started = performance.now();
    for (const piece of ['"', '[', '(1/', '&quot;', ' - ', 'yEnc', 'yEnc 1 ', '[a', 'a.b '])
      readSubject(piece.repeat(60_000));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('safe name', () => {
  it.each([
    ['plain.mkv', 'plain.mkv'],
    ['a/b\\c.bin', 'c.bin'],
    ['dir/', 'dir'],
    ['..', ''],
    ['./.', ''],
    ['a\u0000b\u001f\u007f\u0085c', 'abc'],
    ['trailing. . .', 'trailing'],
    [' lead', 'lead'],
    ['nul', '_nul'],
    ['COM1.tar.gz', '_COM1.tar.gz'],
    ['com1 .txt', '_com1 .txt'],
    ['console.log', 'console.log'],
    ['e\u0301.txt', '\u00e9.txt'],
    ['gpj\u202e.exe', 'gpj.exe'],
    ['half \ud800 pair', 'half  pair'],
    ['a\u200b\u200e\u061c\u2060.txt', 'a.txt'],
    ['\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.txt', '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.txt'],
    ['What? <A>: "B" | C*.mkv', 'What_ _A__ _B_ _ C_.mkv'],
    ['name.mkv?', 'name.mkv_'],
    ['.hidden', '.hidden'],
  ])('%j → %j', (name, expected) => {
    expect(safeName(name)).toBe(expected);
  });

  it('cuts long names and keeps the extension', () => {
    const cut = safeName(`${'ü'.repeat(300)}.mkv`);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(240);
    expect(cut.endsWith('ü.mkv')).toBe(true);
    expect(Buffer.byteLength(safeName(`a.${'b'.repeat(500)}`))).toBe(240);
  });

  it('is safe and idempotent for any text', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(
          '/',
          '\\',
          '.',
          ' ',
          '..',
          '\u0000',
          'con',
          'NUL',
          '.txt',
          '\u0301',
          'é',
          '😀',
          '\u202e',
          'x'.repeat(120),
        ),
        fc.string({ unit: 'binary', maxLength: 8 }),
      ),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const name = safeName(parts.join(''));
        expect(safeName(name)).toBe(name);
        expect(name).not.toMatch(/[/\\\p{Cc}\p{Cs}]|[. ]$|^ /u);
        expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d) *(\.|$)/i);
        expect(name.normalize('NFC')).toBe(name);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(240);
      }),
      { numRuns: 3000 },
    );
  });
});

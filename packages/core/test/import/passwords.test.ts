import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findPasswords, splitName } from '../../src/import/passwords.js';
import type { Nzb, NzbFile } from '../../src/model/nzb.js';

const file = (nameHint: string, subject = `"${nameHint}" yEnc (1/2)`) => ({ nameHint, subject }) as NzbFile;
const nzb = (meta: Nzb['meta'], files: NzbFile[] = []) => ({ meta, files });

describe('passwords in a name', () => {
  it.each([
    ['Movie 2020', 'Movie 2020', []],
    ['Movie{{secret}}', 'Movie', ['secret']],
    ['Movie{{secret}}.nzb', 'Movie.nzb', ['secret']],
    ['Movie.2020 {{ secret }}', 'Movie.2020', ['secret']],
    ['Movie.{{secret}}.part01.rar', 'Movie.part01.rar', ['secret']],
    ['Movie{{secret', 'Movie', ['secret']],
    ['Movie{{secret.nzb', 'Movie.nzb', ['secret']],
    ['Movie{{a{b}c}}}', 'Movie', ['a{b}c}']],
    ['Movie{{one}} and {{two}}', 'Movie and', ['one', 'two']],
    ['Movie{{}}', 'Movie', []],
    ['{{secret}}', '{{secret}}', ['secret']],
    ['Movie password=secret', 'Movie', ['secret']],
    ['Movie.PASSWORD=secret.nzb', 'Movie.nzb', ['secret', 'secret.nzb']],
    ['Movie password=two words', 'Movie', ['two words', 'two']],
    ['Movie [password=secret] 2020', 'Movie 2020', ['secret']],
    ['Movie (password=a b).mkv', 'Movie.mkv', ['a b']],
    ['Movie [password=secret', 'Movie [', ['secret']],
    ['Movie password=', 'Movie', []],
    ['password=secret', 'password=secret', ['secret']],
    ['nopassword=secret', 'nopassword=secret', []],
    ['The Password Game', 'The Password Game', []],
  ])('%j', (name, rest, passwords) => {
    expect(splitName(name)).toEqual({ name: rest, passwords });
  });

  it('never fail, in no time', () => {
    const pieces = fc.constantFrom('{', '}', '{{', '}}', 'password=', '(', ')', ' ', '.nzb', 'x', '"', '\n');
    fc.assert(
      fc.property(fc.array(pieces), (texts) => {
        const { name, passwords } = splitName(texts.join(''));
        expect(name.length).toBeLessThanOrEqual(texts.join('').length);
        for (const password of passwords) expect(password).not.toBe('');
      }),
    );
    const started = performance.now();
    for (const piece of ['{{', '}}', '{{}}', '{{a}}', 'password=', ' password=(', '.part1', '.a', '}'])
      for (const length of [4096, 1_000_000]) splitName(piece.repeat(length).slice(0, length));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('the passwords to try', () => {
  it('are given ones, the head of the NZB, the release, the NZB, its files, in this order, each once', () => {
    expect(
      findPasswords({
        given: ['given', ' as it is '],
        nzb: nzb({ password: [' meta ', '', 'other', 'given'], title: ['T{{title}}'], name: ['N{{name}}'] }, [
          file('a{{file}}.rar'),
          file('b{{file}}.rar'),
          file('c password=assigned.mkv'),
        ]),
        releaseName: 'Movie{{release}}',
      }),
    ).toEqual([
      ...['given', ' as it is ', 'meta', 'other', 'release', 'title', 'name', 'file'],
      ...['assigned', 'assigned.mkv'],
    ]);
  });

  it('may be a single one, or none', () => {
    expect(findPasswords({ given: 'one' })).toEqual(['one']);
    expect(findPasswords({})).toEqual([]);
  });

  it('keep characters that names of files lose', () => {
    expect(findPasswords({ nzb: nzb({}, [file('a{{x_y}}.rar', '"a{{x?y}}.rar" yEnc (1/2)')]) })).toEqual([
      'x?y',
      'x_y',
    ]);
  });

  it('are not many, and not long', () => {
    const many = Array.from({ length: 100 }, (_, index) => `p${index}`);
    expect(findPasswords({ nzb: nzb({ password: many }) })).toEqual(many.slice(0, 32));
    expect(findPasswords({ given: ['ü'.repeat(513), 'ü'.repeat(512)] })).toEqual(['ü'.repeat(512)]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folderNames, freeName, isUsableName, lookupNames, numberedName, placeOf } from '../../src/catalog/paths.js';

describe('paths', () => {
  it('ignores repeated and trailing slashes', () => {
    expect(lookupNames('/')).toEqual([]);
    expect(lookupNames('//a//b/')).toEqual(['a', 'b']);
  });

  it.each([
    ['', 'relative'],
    ['a/b', 'relative'],
    ['/a/../b', 'a parent'],
    ['/./b', 'itself'],
    ['/a\0b', 'NUL'],
    [`/${'x'.repeat(256)}`, 'a long name'],
    [`/${'é'.repeat(128)}`, 'a name long in bytes'],
    [`/${'abc/'.repeat(1100)}`, 'a long path'],
    ['/\ud800', 'half a character'],
  ])('%j finds nothing and takes nothing (%s)', (path) => {
    expect(() => lookupNames(path)).toThrowError(expect.objectContaining({ code: 'ERR_FILE_NOT_FOUND' }));
    expect(() => placeOf(path)).toThrowError(expect.objectContaining({ code: 'ERR_ACCESS' }));
  });

  it('keeps room in a folder for what will be in it, and messages short', () => {
    expect(folderNames('/a/b')).toEqual(['a', 'b']);
    expect(() => folderNames(`/${'ab/'.repeat(1200)}`)).toThrowError(/^.{0,300}$/);
    expect(() => folderNames('/a/..')).toThrowError(expect.objectContaining({ code: 'ERR_ACCESS' }));
  });

  it('accepts names at the limit', () => {
    expect(isUsableName('x'.repeat(255))).toBe(true);
    expect(isUsableName('...')).toBe(true);
    expect(placeOf('/a/b')).toEqual({ folder: ['a'], name: 'b' });
    expect(() => placeOf('/')).toThrowError(expect.objectContaining({ code: 'ERR_ACCESS' }));
  });

  it('numbers in front of the extension', () => {
    expect(numberedName('film.mkv', 2)).toBe('film (2).mkv');
    expect(numberedName('film', 3)).toBe('film (3)');
    expect(numberedName('.hidden', 2)).toBe('.hidden (2)');
    expect(freeName('a.b', (name) => name === 'a.b' || name === 'a (2).b')).toBe('a (3).b');
    expect(freeName('a.b', () => false)).toBe('a.b');
  });

  it('keeps numbered names usable whatever the name', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
        fc.integer({ min: 2, max: 9999 }),
        (name, n) => {
          fc.pre(!/[/\0]/.test(name));
          expect(isUsableName(numberedName(name, n))).toBe(true);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeName, hrefOf, parsePath } from '../src/paths.js';
import { Refusal } from '../src/refusal.js';

const statusOf = (rawPath: string) => {
  try {
    parsePath(rawPath);
  } catch (error) {
    if (error instanceof Refusal) return error.status;
    throw error;
  }
  return undefined;
};

describe('parsePath', () => {
  it.each([
    ['/', '/', true],
    ['/a', '/a', false],
    ['/a/', '/a', true],
    ['//a//b', '/a/b', false],
    ['/a%20b/%C3%BC%23%25%26%3F', '/a b/ü#%&?', false],
    ['/...', '/...', false],
    ['/a%5Cb', '/a\\b', false],
  ])('reads %s', (rawPath, path, slash) => {
    expect(parsePath(rawPath)).toEqual({ path, slash });
  });

  it.each(['/..', '/a/../b', '/%2e%2e/b', '/.%2E', '/.', '/a%2fb', '/a%00', '/%', '/%zz', '/%ff', '/%c3', 'a', ''])(
    'refuses %j',
    (rawPath) => {
      expect(statusOf(rawPath)).toBe(400);
    },
  );

  it('refuses overlong addresses', () => {
    expect(statusOf(`/${'a'.repeat(8191)}`)).toBeUndefined();
    expect(statusOf(`/${'a'.repeat(8192)}`)).toBe(414);
  });

  it('undoes hrefOf for every name a catalog can hold', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.constantFrom('file', 'folder'), (names, kind) => {
        const path = `/${names.join('/')}`;
        const href = hrefOf('', { path, kind: kind as 'file' | 'folder' });
        expect(href).toMatch(/^[\x21\x24-\x7e]+$/);
        expect(parsePath(href)).toEqual({ path, slash: kind === 'folder' });
      }),
    );
  });

  it('never throws anything but a refusal', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void statusOf(`/${text}`)));
  });
});

describe('encodeName', () => {
  it('replaces a lone surrogate', () => {
    expect(encodeName('a\ud800b')).toBe('a%EF%BF%BDb');
  });
});

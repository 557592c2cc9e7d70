import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpDate, quoteEtag, rangeApplies, validatorsOf, weigh } from '../src/conditional.js';
import { modifiedMs } from './support.js';

const entry = { id: '1', version: 1, path: '/a', name: 'a', kind: 'file', size: 1, modifiedMs, etag: 'abc' } as const;
const nowMs = modifiedMs + 60_000;
const validators = validatorsOf(entry, nowMs);
const lastModified = 'Thu, 29 Feb 2024 12:34:56 GMT';
const earlier = 'Thu, 29 Feb 2024 12:34:55 GMT';
const later = 'Thu, 29 Feb 2024 12:34:57 GMT';
const headersOf = (headers: Record<string, string>) => ({ get: (name: string) => headers[name] });

describe('weigh', () => {
  it.each([
    [{}, 'proceed'],
    [{ 'if-match': '"abc"' }, 'proceed'],
    [{ 'if-match': '*' }, 'proceed'],
    [{ 'if-match': '"x", "abc"' }, 'proceed'],
    [{ 'if-match': '"x"' }, 'precondition-failed'],
    [{ 'if-match': 'W/"abc"' }, 'precondition-failed'],
    [{ 'if-match': '"abc"', 'if-unmodified-since': earlier }, 'proceed'],
    [{ 'if-unmodified-since': earlier }, 'precondition-failed'],
    [{ 'if-unmodified-since': lastModified }, 'proceed'],
    [{ 'if-unmodified-since': 'yesterday' }, 'proceed'],
    [{ 'if-none-match': '"abc"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"abc"' }, 'not-modified'],
    [{ 'if-none-match': '"x", W/"y" , "abc"' }, 'not-modified'],
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"x"' }, 'proceed'],
    [{ 'if-none-match': 'abc' }, 'proceed'],
    [{ 'if-none-match': '"x"', 'if-modified-since': lastModified }, 'proceed'],
    [{ 'if-modified-since': lastModified }, 'not-modified'],
    [{ 'if-modified-since': later }, 'not-modified'],
    [{ 'if-modified-since': earlier }, 'proceed'],
    [{ 'if-modified-since': '???' }, 'proceed'],
    [{ 'if-match': '"x"', 'if-none-match': '"abc"' }, 'precondition-failed'],
  ])('weighs %j', (headers, expected) => {
    expect(weigh(headersOf(headers as Record<string, string>), validators)).toBe(expected);
  });
});

describe('rangeApplies', () => {
  it.each([
    [undefined, true],
    ['"abc"', true],
    ['"abd"', false],
    ['W/"abc"', false],
    [lastModified, true],
    [earlier, false],
    [later, false],
    ['nonsense', false],
  ])('answers %j', (header, expected) => {
    expect(rangeApplies(header, validators, nowMs)).toBe(expected);
  });

  it('does not trust a date of this very second', () => {
    expect(rangeApplies(lastModified, validatorsOf(entry, modifiedMs + 500), modifiedMs + 500)).toBe(false);
  });
});

describe('validatorsOf', () => {
  it('shows a date in the future as now', () => {
    expect(validatorsOf({ ...entry, modifiedMs: nowMs + 1e9 }, nowMs).lastModified).toBe(new Date(nowMs).toUTCString());
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('has no date for %d', (odd) => {
    expect(validatorsOf({ ...entry, modifiedMs: odd }, Number.MAX_VALUE).lastModified).toBeUndefined();
  });

  it('makes a header-safe tag of anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (etag) => {
        expect(quoteEtag(etag)).toMatch(/^"[\x21\x23-\x7e]*"$/);
      }),
    );
    expect(quoteEtag('a\ud800"')).toBe('"a_%22"');
  });
});

describe('parseHttpDate', () => {
  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads %s',
    (text) => {
      expect(parseHttpDate(text)).toBe(784_111_777);
    },
  );

  it.each(['', '0', '2024', '1994-11-06', 'Sun, 06 Nov 1994', 'Sun, 99 Nov 1994 08:49:37 GMT'])(
    'refuses %j',
    (text) => {
      expect(parseHttpDate(text)).toBeUndefined();
    },
  );
});

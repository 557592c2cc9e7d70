import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BeginLine, parseBeginLine, parseEndLine, parsePartLine } from '../../src/yenc/headers.js';
import { latin1 } from './articles.js';

const begin = (text: string) => parseBeginLine(latin1(text));
const nameOf = (name: string | Uint8Array) =>
  parseBeginLine(Buffer.concat([latin1('=ybegin line=128 size=1 name='), Buffer.from(name as string)]))?.name;

describe('=ybegin', () => {
  it('reads all properties in any order, the name last', () => {
    expect(begin('=ybegin size=123 part=1  total=10 line=128 name=a b.bin')).toEqual({
      line: 128,
      size: 123,
      part: 1,
      total: 10,
      name: 'a b.bin',
      glued: undefined,
    } satisfies BeginLine);
  });

  it.each([
    '=ybegin',
    '=ybegin is a keyword',
    '=ybegin2 line=1 size=1 name=x',
    '=ybegin line=128 name=x',
    '=ybegin size=1 name=x',
    'x=ybegin line=1 size=1 name=x',
    '',
  ])('"%s" is prose', (text) => expect(begin(text)).toBeUndefined());

  it('properties after name= belong to the name', () => {
    expect(begin('=ybegin line=128 size=5 name=x size=7 part=2')).toMatchObject({
      size: 5,
      part: 'absent',
      name: 'x size=7 part=2',
    });
  });

  it.each([
    ['12', 12],
    ['0012', 12],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', 'unusable'],
    ['-1', 'unusable'],
    ['1e3', 'unusable'],
    ['0x10', 'unusable'],
    ['', 'unusable'],
  ])('a size of "%s" is %s', (text, size) => {
    expect(begin(`=ybegin line=128 size=${text} name=x`)?.size).toBe(size);
  });
});

describe('names', () => {
  it.each([
    ['spaces', 'a  b c.bin', 'a  b c.bin'],
    ['spaces around', '  a.bin \t', 'a.bin'],
    ['an equals sign', 'a=b=c', 'a=b=c'],
    ['quotes around', '"a b.bin"', 'a b.bin'],
    ['a quote inside', 'a"b', 'a"b'],
    ['one quote', '"', '"'],
    ['UTF-8', 'Grüße 日本.bin', 'Grüße 日本.bin'],
    ['NUL', 'a.bin\0junk', 'a.bin'],
    ['a path, which nobody may trust', '../../etc/passwd', '../../etc/passwd'],
    ['nothing', '', ''],
  ])('with %s', (_, given, name) => expect(nameOf(given)).toBe(name));

  it('that are not UTF-8 are read as Latin-1', () => {
    expect(nameOf(latin1('Grüße.bin'))).toBe('Grüße.bin');
  });

  it('are cut at 256 characters, never within one', () => {
    expect(nameOf('x'.repeat(1000))).toHaveLength(256);
    expect(Array.from(nameOf('😀'.repeat(400)) ?? '')).toEqual(Array(256).fill('😀'));
  });

  it('may be absent altogether', () => {
    expect(begin('=ybegin line=128 size=5')).toMatchObject({ size: 5, name: '' });
  });

  it('may have a =ypart line glued on', () => {
    const line = begin('=ybegin part=1 line=128 size=90 name=x.dat=ypart begin=1 end=9');
    expect(line?.name).toBe('x.dat');
    expect(parsePartLine(line?.glued as string)).toEqual({ begin: 1, end: 9 });
  });
});

describe('=ypart and =yend', () => {
  it('read their properties', () => {
    expect(parsePartLine('=ypart begin=1 end=100')).toEqual({ begin: 1, end: 100 });
    expect(parseEndLine('=yend size=100 part=1 pcrc32=ABCDEF12 crc32=a9 ')).toEqual({
      size: 100,
      partCrc: 0xabcdef12,
      fileCrc: 0xa9,
    });
  });

  it('are nothing else', () => {
    for (const text of ['=ypartial begin=1 end=2', '=yending size=1', '=ye', 'yend', '']) {
      expect(parsePartLine(text)).toBeUndefined();
      expect(parseEndLine(text)).toBeUndefined();
    }
  });
});

it('no line makes a parser throw or give a number that is not a safe integer', () => {
  const word = fc.constantFrom(
    '=ybegin ',
    '=ypart ',
    '=yend ',
    ' line=',
    ' size=',
    ' name=',
    ' begin=',
    ' end=',
    ' crc32=',
    ' part=',
    '9',
    '-',
    '=',
    ' ',
    'ff',
    '\0',
  );
  const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 20, size: 'max' }).map((words) => words.join(''));
  fc.assert(
    fc.property(text, (line) => {
      for (const parsed of [parseBeginLine(latin1(line)), parsePartLine(line), parseEndLine(line)]) {
        for (const value of Object.values(parsed ?? {}))
          if (typeof value === 'number') expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

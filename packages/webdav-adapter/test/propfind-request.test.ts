import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePropfind } from '../src/propfind-request.js';
import { Refusal } from '../src/refusal.js';

const parse = (text: string | Uint8Array) => parsePropfind(typeof text === 'string' ? Buffer.from(text) : text);
const outcome = (text: string | Uint8Array) => {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof Refusal) return error.status;
    throw error;
  }
};
const propfind = (content: string) => `<?xml version="1.0"?><D:propfind xmlns:D="DAV:">${content}</D:propfind>`;

describe('parsePropfind', () => {
  it('takes no body for all properties', () => {
    expect(parse('')).toEqual({ kind: 'all' });
  });

  it.each([
    [propfind('<D:allprop/>'), { kind: 'all' }],
    [propfind('<D:allprop/><D:include><D:x/></D:include>'), { kind: 'all' }],
    [propfind('<D:propname/>'), { kind: 'names' }],
    [propfind('<D:prop/>'), { kind: 'named', names: [] }],
    [
      '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>',
      { kind: 'named', names: [{ uri: 'DAV:', local: 'getetag' }] },
    ],
    [
      propfind('<D:prop><D:getetag/><x:color xmlns:x="urn:x"/><D:getetag/></D:prop>'),
      {
        kind: 'named',
        names: [
          { uri: 'DAV:', local: 'getetag' },
          { uri: 'urn:x', local: 'color' },
        ],
      },
    ],
    [propfind('<D:prop><D:a><D:b/></D:a></D:prop>'), { kind: 'named', names: [{ uri: 'DAV:', local: 'a' }] }],
    [propfind('<x:new xmlns:x="urn:x"><D:prop><D:a/></D:prop></x:new><D:propname/>'), { kind: 'names' }],
  ])('reads %s', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it('reads UTF-16 with a byte order mark', () => {
    expect(parse(Buffer.from(`\ufeff${propfind('<D:propname/>')}`, 'utf16le'))).toEqual({ kind: 'names' });
  });

  it.each([
    'nonsense',
    '<a/>',
    '<propfind/>',
    propfind(''),
    propfind('<D:allprop/><D:propname/>'),
    propfind('<D:prop>'),
    propfind('<D:prop/>').slice(0, -1),
    `${propfind('<D:prop/>')}<x/>`,
    propfind('<D:prop><y:a/></D:prop>'),
    propfind('<D:prop>&unknown;</D:prop>'),
    `<!DOCTYPE propfind><propfind xmlns="DAV:"><allprop/></propfind>`,
    `<!DOCTYPE d [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><propfind xmlns="DAV:"><prop>&b;</prop></propfind>`,
    `<!DOCTYPE d SYSTEM "file:///etc/passwd"><propfind xmlns="DAV:"><allprop/></propfind>`,
    propfind('<D:prop>\u0000</D:prop>'),
    propfind(`<D:prop>${'<D:a>'.repeat(40)}${'</D:a>'.repeat(40)}</D:prop>`),
    propfind(`<D:prop>${Array.from({ length: 257 }, (_, index) => `<D:p${index}/>`).join('')}</D:prop>`),
    ' ',
  ])('refuses %s', (text) => {
    expect(outcome(text)).toBe(400);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(outcome(Buffer.from([0x3c, 0x61, 0xff, 0x3e]))).toBe(400);
  });

  it('answers any bytes with a reading or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void outcome(bytes)),
      { numRuns: 1000 },
    );
    const part = fc.constantFrom(
      '<D:prop>',
      '</D:prop>',
      '<D:allprop/>',
      '<D:propname/>',
      '<D:a/>',
      '<x:b xmlns:x="u"/>',
      '<',
      '>',
      '&amp;',
      '&x;',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?p ?>',
      '<!DOCTYPE a [',
      'ü',
      '"',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const result = outcome(propfind(parts.join('')));
        expect(typeof result === 'object' || result === 400).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no long for the largest hostile bodies', () => {
    const size = 64 * 1024;
    const startMs = performance.now();
    outcome(propfind('<D:a>'.repeat(size / 5)));
    outcome(`<propfind ${Array.from({ length: 5000 }, (_, index) => `a${index}=""`).join(' ')} xmlns="DAV:"/>`);
    outcome(propfind(`<!--${'-'.repeat(size)}`));
    outcome('&amp;'.repeat(size / 5));
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});

import { describe, expect, it } from 'vitest';
import { NzbInvalidError } from '../../src/errors/index.js';
import { parseNzb } from '../../src/nzb/read-nzb.js';
import { file, nzb, rich, segment, two } from './support.js';

const first = (input: string | Uint8Array) => {
  const { files, warnings } = parseNzb(input);
  return { ...files[0], warnings };
};
const idsOf = (input: string) => first(input).segments?.map(({ number, id }) => `${number} ${id}`);

describe('an NZB with a little of everything', () => {
  it('is read to the last', () => {
    const { meta, files, warnings } = parseNzb(rich);
    expect({ ...meta }).toEqual({ password: ['a&b', '<&]] >&'], tag: ['Ünïcode ‰ 𝄞'] });
    expect(
      files.map(({ subject, poster, nameHint, groups, segments }) => ({ subject, poster, nameHint, groups, segments })),
    ).toEqual([
      {
        ...{ subject: 'post "name.bin" yEnc (1/2)', poster: 'me', nameHint: 'name.bin', groups: ['a.b.c'] },
        segments: [
          { number: 1, bytes: 1000, id: 'a&1@x' },
          { number: 2, bytes: 1000, id: 'b&2@x' },
        ],
      },
      {
        subject: 'Tom & Jerry "Töm & J&eacute;rry.bin" &#xD800; &bogus',
        ...{ poster: 'me', nameHint: 'Töm & J&eacute;rry.bin', groups: ['a.b.c'] },
        segments: [
          { number: 1, bytes: 1000, id: 'one@x' },
          { number: 2, bytes: 500, id: 'two@x' },
        ],
      },
      {
        ...{
          subject: "Müller 'n.bin'",
          poster: 'a "quoted" > one',
          nameHint: '',
          groups: [],
        },
        segments: [{ number: 1, bytes: 0, id: 'one&three@x' }],
      },
      { subject: 'no <segments>\u0001 tab line', poster: 'me', nameHint: '', groups: ['a.b.c'], segments: [] },
    ]);
    expect(warnings.map((warning) => warning.replace(/^line \d+: /, ''))).toEqual([
      'not everything is UTF-8; what is not is read as Windows-1252',
      'unquoted attribute value',
      '1 duplicate segment numbers, the first of each kept',
      ...['an ampersand that is not escaped', 'undefined entity', 'malformed character reference'],
      'an ampersand that is not escaped',
      'unquoted attribute value',
      ...['an ampersand that is not escaped', '1 segments without a usable size', 'file without groups'],
      'disallowed character',
      'text outside of the root element',
    ]);
  });
});

describe('passwords', () => {
  it('all of them are kept, in order, whatever the capitals of their type', () => {
    const head = ['one', '<![CDATA[two & <three>]]>', 'f&#111;ur', ''].map(
      (password, at) => `<meta type="${at % 2 ? 'Password' : 'password'}">${password}</meta>`,
    );
    const parsed = parseNzb(nzb(`${file(two)}<head>${head.join('')}</head>`));
    expect(parsed.meta['password']).toEqual(['one', 'two & <three>', 'four']);
    expect(parsed.warnings).toEqual([expect.stringContaining('meta without type or value')]);
  });
});

describe('encodings', () => {
  it('bytes that are not UTF-8 are read as Windows-1252, the rest of the name stays', () => {
    const name = Buffer.concat([
      Buffer.from('Ünï '),
      Buffer.from([0xfc, 0x93, 0xe4, 0x94, 0xff, 0xc3]),
      Buffer.from('.bin ä'),
    ]);
    const [before, after] = nzb(file(two, '&quot;@@&quot;')).split('@@') as [string, string];
    const parsed = first(Buffer.concat([Buffer.from(before), name, Buffer.from(after)]));
    expect(parsed.subject).toBe('"Ünï ü“ä”ÿÃ.bin ä"');
    expect(parsed.warnings).toEqual(['not everything is UTF-8; what is not is read as Windows-1252']);
  });

  it('half a character at the very end harms nobody', () => {
    const parsed = first(Buffer.concat([Buffer.from(nzb(file(two))), Buffer.from([0xe2, 0x82])]));
    expect(parsed.segments).toHaveLength(2);
  });

  it('UTF-32 is refused', () => {
    const bytes = Buffer.from(
      [...`\ufeff${nzb(file(two))}`].flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8, 0, 0]),
    );
    expect(() => parseNzb(bytes)).toThrow('This is not XML');
  });
});

describe('references and ampersands', () => {
  it.each([
    ['a &amp; b &lt; &gt; &quot; &apos;', 'a & b < > " \''],
    ['&#228;&#xE4;&#Xe4;&#0000000228;&#x1d11e;', 'äää&#0000000228;𝄞'.replace('&#0000000228;', 'ä')],
    ['&amp;amp; &amp;#38;', '&amp; &#38;'],
    ['Tom & Jerry; AT&T &; &', 'Tom & Jerry; AT&T &; &'],
    ['&nbsp;&constructor;&__proto__;&toString;', '&nbsp;&constructor;&__proto__;&toString;'],
    ['&#0; &#55296; &#99999999; &#x110000;', '&#0; &#55296; &#99999999; &#x110000;'],
  ])('%s', (written, meant) => {
    expect(first(nzb(file(two, written))).subject).toBe(meant);
  });

  it('in message-ids', () => {
    const ids = segment(1, 'a&amp;b@x') + segment(2, 'a&b@x') + segment(3, 'a&b;c@x') + segment(4, 'a&lt;b@x');
    expect(idsOf(nzb(file(ids)))).toEqual(['1 a&b@x', '2 a&b@x', '3 a&b;c@x']);
  });
});

describe('tags as they are found', () => {
  it.each([
    ['single quotes', `<segment bytes='7' number='1'>a@x</segment>`],
    ['no quotes', '<segment bytes=7 number=1>a@x</segment>'],
    ['blanks around', '<segment\n\tbytes = "7"\r\n number\n=\n\'1\' >a@x</segment  >'],
    ['no blank between', '<segment bytes="7"number="1">a@x</segment>'],
    ['attributes twice', '<segment bytes="1" number="4" bytes="7" number="1">a@x</segment>'],
    ['attributes without value', '<segment extra bytes="7" number="1" more>a@x</segment>'],
    [
      'unknown attributes and children',
      '<segment xmlns:q="u" q:z="&lt;" bytes="7" number="1"><b>no</b>a@x<c/></segment>',
    ],
    ['other capitals', '<SEGMENT BYTES="7" Number="1">a@x</Segment>'],
    ['a prefix nobody declared', '<q:segment q:bytes="7" w:number="1">a@x</q:segment>'],
  ])('%s', (name, written) => {
    const { segments } = first(nzb(file(written)));
    const child = name.includes('children') ? 'noa@x' : 'a@x';
    expect(segments).toEqual([{ number: 1, bytes: 7, id: child }]);
  });

  it('a greater-than sign in a name does not end the tag', () => {
    expect(first(nzb(file(two, 'a > b -> &quot;c.bin&quot;'))).subject).toBe('a > b -> "c.bin"');
  });

  it('comments, processing instructions and unknown elements are passed over', () => {
    const noise = '<!-- <file> -- & --><?php echo "<file>" ?><x><y a="b">text</y></x>';
    const parsed = parseNzb(nzb(`${noise}${file(`${noise}${two}${noise}`, 'x', `${noise}<group>g</group>`)}${noise}`));
    expect(parsed.files).toHaveLength(1);
    expect(parsed.files[0]).toMatchObject({ groups: ['g'], segments: [{ id: 'one@x' }, { id: 'two@x' }] });
  });

  it('sizes that are missing are told once per file', () => {
    const parsed = first(nzb(file('<segment number="1">a@x</segment><segment number="2" bytes="-1">b@x</segment>')));
    expect(parsed).toMatchObject({
      encodedBytes: 0,
      warnings: [expect.stringContaining('2 segments without a usable size')],
    });
  });

  it('a document type is tolerated, quotes and all', () => {
    for (const type of ['nzb', 'nzb SYSTEM "a>b[c"', `nzb PUBLIC '-//x [' "http://x/nzb.dtd"`, 'html'])
      expect(first(`<!DOCTYPE ${type}>${nzb(file(two))}`).segments).toHaveLength(2);
  });

  it('one list of groups serves all files that share it', () => {
    const { files } = parseNzb(nzb(file(two) + file(two) + file(two, 'x', '<group>other</group>')));
    expect(files[0]?.groups).toBe(files[1]?.groups);
    expect(files[2]?.groups).toEqual(['other']);
  });
});

describe('what is refused, and where', () => {
  const declared = (subset: string) =>
    `<?xml version="1.0"?>\n<!DOCTYPE nzb [\n${subset}\n]>\n<nzb>${file(two, '&a;')}</nzb>`;
  it.each<[string, string | Uint8Array, RegExp, number?]>([
    ['an entity', declared('<!ENTITY a "b">'), /declares entities/, 2],
    ['an entity from a file', declared('<!ENTITY a SYSTEM "file:///etc/passwd">'), /declares entities/, 2],
    ['a parameter entity', declared('<!ENTITY % a SYSTEM "http://x/"> %a;'), /declares entities/, 2],
    ['laughs', declared('<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">'), /declares entities/, 2],
    ['a declaration without a DOCTYPE', '<nzb>\n<!ENTITY a "b">', /declares entities/, 2],
    ['an end in a tag', `<nzb>\n<file subject="a`, /cut off/, 2],
    ['an end in a value', `<nzb>\n<file subject="a\nb`, /cut off/, 3],
    ['an end in a comment', `<nzb>\n<!-- \n`, /cut off/, 3],
    ['an end in character data', `<nzb>\n${file(segment(1, '<![CDATA[a@x'))}`, /cut off/, 2],
    ['an end between files', `<nzb>\n${file(two)}\n`, /cut off/, 3],
    ['an end in the DOCTYPE', '<!DOCTYPE nzb "', /cut off/, 1],
    ['a quote too few', nzb(file('\n<segment bytes="1 number="2">a@x</segment>')), /no attribute/, 3],
    ['an id in angle brackets', nzb(file('\n<segment number="1"><a@x></segment>')), /begins no tag/, 3],
    ['tags out of order', '<nzb>\n<file>\n<segments></file></segments></nzb>', /another element where <segments>/, 3],
    ['an end tag too many', `${nzb(file(two))}\n</nzb>`, /where none is open/, 3],
    ['two in one', `${nzb(file(two))}\n${nzb(file(two))}`, /after the end/, 4],
    ['an RSS feed', '<?xml version="1.0"?>\n<rss><channel/></rss>', /begins with <rss>/, 2],
    ['an error page', '<!DOCTYPE html>\n<html><body>Wrong key</body></html>', /begins with <html>/, 2],
    [
      'an error of an indexer',
      '<error code="100" description="Incorrect user credentials"/>',
      /begins with <error>/,
      1,
    ],
    ['a file as the root', file(two), /begins with <file>/, 1],
    ['JSON', '{"error": "no"}', /not XML/, 1],
    ['a RAR', Buffer.from('526172211a0700cf', 'hex'), /not XML/, 1],
  ])('%s', (_, input, message, line) => {
    const refusal = (() => {
      try {
        return parseNzb(input);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(NzbInvalidError);
    expect(refusal).toMatchObject({ message: expect.stringMatching(message), line });
  });
});

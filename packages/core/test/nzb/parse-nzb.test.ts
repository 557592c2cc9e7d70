import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NzbInvalidError } from '../../src/errors/index.js';
import { NzbBuilder } from '../../src/nzb/nzb-builder.js';
import { parseNzb } from '../../src/nzb/read-nzb.js';

const segment = (number: number | string, id: string, bytes: number | string = 1000) =>
  `<segment bytes="${bytes}" number="${number}">${id}</segment>`;
const file = (segments: string, subject = 'post &quot;name.bin&quot; yEnc (1/2)', groups = '<group>a.b.c</group>') =>
  `<file poster="me" date="1700000000" subject="${subject}"><groups>${groups}</groups><segments>${segments}</segments></file>`;
const nzb = (body: string, root = '<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb">') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${root}${body}</nzb>`;
const two = segment(1, 'one@x') + segment(2, 'two@x', 500);

function refusal(input: string | Uint8Array): NzbInvalidError {
  try {
    parseNzb(input);
  } catch (error) {
    expect(error).toBeInstanceOf(NzbInvalidError);
    return error as NzbInvalidError;
  }
  throw new Error('was accepted');
}

describe('an ordinary NZB', () => {
  it('is read whole', () => {
    const doctype = '<!DOCTYPE nzb PUBLIC "-//newzBin//DTD NZB 1.1//EN" "http://www.newzbin.com/DTD/nzb/nzb-1.1.dtd">';
    const head =
      '<head><meta type="password">one</meta><meta type="password">two</meta><meta type="tag">x</meta></head>';
    const parsed = parseNzb(`<?xml version="1.0"?>${doctype}<nzb>${head}${file(two)}</nzb>`);
    expect({ ...parsed.meta }).toEqual({ password: ['one', 'two'], tag: ['x'] });
    expect(parsed.warnings).toEqual([]);
    expect(parsed.files).toEqual([
      {
        subject: 'post "name.bin" yEnc (1/2)',
        poster: 'me',
        postedMs: 1_700_000_000_000,
        groups: ['a.b.c'],
        nameHint: 'name.bin',
        segments: [
          { number: 1, bytes: 1000, id: 'one@x' },
          { number: 2, bytes: 500, id: 'two@x' },
        ],
        segmentCount: 2,
        encodedBytes: 1500,
      },
    ]);
  });

  it('reads the same from text, from bytes and with a byte order mark', () => {
    const text = nzb(file(two));
    const expected = parseNzb(text);
    expect(parseNzb(new TextEncoder().encode(text))).toEqual(expected);
    expect(parseNzb(`\ufeff${text}`)).toEqual(expected);
    expect(parseNzb(new TextEncoder().encode(`\ufeff${text}`))).toEqual(expected);
    expect(parseNzb(Buffer.from(`\ufeff${text}`, 'utf16le'))).toEqual(expected);
  });

  it('decodes by the XML declaration', () => {
    const text = `<?xml version="1.0" encoding="ISO-8859-1"?><nzb>${file(two, '&quot;Müller.bin&quot; (1/2)')}</nzb>`;
    expect(parseNzb(Buffer.from(text, 'latin1')).files[0]?.nameHint).toBe('Müller.bin');
    const unknown = parseNzb(Buffer.from(text.replace('ISO-8859-1', 'klingon')));
    expect(unknown.files[0]?.nameHint).toBe('Müller.bin');
    expect(unknown.warnings[0]).toContain('klingon');
  });

  it('survives being cut into chunks anywhere', () => {
    const many = Array.from({ length: 5000 }, (_, at) => segment(at + 1, `überlang-${at}@example`)).join('\r\n');
    const ascii = many.replaceAll('überlang', 'id');
    expect(parseNzb(new TextEncoder().encode(nzb(file(ascii)))).files[0]?.segments).toHaveLength(5000);
    expect(parseNzb(nzb(file(many))).files[0]?.segments).toHaveLength(0);
  });
});

describe('what is tolerated', () => {
  const only = (text: string) => {
    const { files, warnings } = parseNzb(text);
    return { ...files[0], warnings };
  };

  it('sorts, keeps the first of a duplicate number and counts gaps', () => {
    const parsed = only(nzb(file(segment(4, 'd@x') + segment(1, 'a@x') + segment(4, 'later@x') + segment(2, 'b@x'))));
    expect(parsed.segments?.map(({ number, id }) => `${number} ${id}`)).toEqual(['1 a@x', '2 b@x', '4 d@x']);
    expect(parsed.segmentCount).toBe(4);
    expect(parsed.warnings.join()).toMatch(/1 duplicate.*1 of 4 segments/);
  });

  it.each(['0', '-1', '', 'x', '1.5', '99999999999'])('drops a segment numbered %j', (number) => {
    const parsed = only(nzb(file(segment(number, 'a@x') + two)));
    expect(parsed.segments).toHaveLength(2);
    expect(parsed.warnings[0]).toContain('without a usable number');
  });

  it.each(['', 'abc', '-5', '99999999999', '1e3'])('takes bytes=%j as unknown', (bytes) => {
    expect(only(nzb(file(segment(1, 'a@x', bytes)))).segments?.[0]?.bytes).toBe(0);
  });

  it.each(['&lt;one@x&gt;', ' one@x\n', '\n  &lt;one@x&gt; ', '<![CDATA[<one@x>]]>', '<![CDATA[one]]>@x'])(
    'strips %j to the bare id',
    (id) => {
      expect(only(nzb(file(segment(1, id)))).segments?.[0]?.id).toBe('one@x');
    },
  );

  it.each(['', 'a b@x', 'a&#13;&#10;QUIT@x', 'ü@x', '&lt;&lt;a@x&gt;', 'a'.repeat(249)])('drops the id %j', (id) => {
    const parsed = only(nzb(file(two + segment(3, id))));
    expect(parsed.segments).toHaveLength(2);
    expect(parsed.warnings[0]).toContain('not well-formed');
  });

  it('takes no notice of namespaces, prefixes and capitals', () => {
    const parsed = parseNzb(
      '<n:NZB xmlns:n="urn:other"><n:File n:Subject="&quot;a.bin&quot;" x:y="z"><Segments><n:SEGMENT Number="1" Bytes="7">a@x</n:SEGMENT></Segments></n:File></n:NZB>',
    );
    expect(parsed.files[0]).toMatchObject({ nameHint: 'a.bin', segments: [{ number: 1, bytes: 7, id: 'a@x' }] });
  });

  it('reads on past blank lines in front, control characters, unknown entities and empty groups', () => {
    const parsed = only(`\n\n  ${nzb(file(two, 'a\u0001b &nbsp;&quot;n.bin&quot;', '<group/><group> a.b </group>'))}`);
    expect(parsed.groups).toEqual(['a.b']);
    expect(parsed.nameHint).toBe('n.bin');
    expect(parsed.warnings).toHaveLength(3);
    expect(parsed.warnings[0]).toMatch(/^line 4: disallowed character/);
  });

  it('counts by the subject when it says more than the list', () => {
    expect(only(nzb(file(two, 'x yEnc (1/9)'))).segmentCount).toBe(9);
  });

  it('keeps the list of warnings short', () => {
    expect(only(nzb(file(segment(0, 'a@x').repeat(500)))).warnings).toHaveLength(100);
  });

  it('keeps a meta type out of the prototype', () => {
    const parsed = parseNzb(nzb(`<head><meta type="__proto__">x</meta></head>${file(two)}`));
    expect(Object.entries(parsed.meta)).toEqual([['__proto__', ['x']]]);
    expect(({} as Record<string, unknown>)['0']).toBeUndefined();
  });
});

describe('what is refused', () => {
  it.each([
    ['nothing', ''],
    ['blank', ' \n '],
    ['plain text', 'hello'],
    ['HTML', '<html><body/></html>'],
    ['no file', nzb('')],
    ['truncated', nzb(file(two)).slice(0, -20)],
    ['tags out of order', '<nzb><file></nzb></file>'],
    ['something after the end', `${nzb(file(two))}<nzb/>`],
    ['a file in a file', nzb('<file><file/></file>')],
    ['an entity', `<!DOCTYPE nzb [<!ENTITY a "b">]>${nzb(file(two)).slice(39)}`],
    [
      'an external entity',
      `<!DOCTYPE nzb SYSTEM "x" [<!ENTITY a SYSTEM "file:///etc/passwd">]><nzb>${file(two)}</nzb>`,
    ],
    ['deep nesting', `<nzb>${'<a>'.repeat(1000)}`],
    ['a huge attribute', nzb(file(two, 'x'.repeat(70_000)))],
    ['a huge id', nzb(file(segment(1, 'x'.repeat(70_000))))],
  ])('%s', (_, text) => {
    expect(refusal(text).code).toBe('ERR_NZB_INVALID');
    expect(refusal(new TextEncoder().encode(text)).code).toBe('ERR_NZB_INVALID');
  });

  it('says where', () => {
    expect(refusal(`<nzb>\n\n<file></nzb>`).line).toBe(3);
    expect(refusal(`\n\n<nzb>\n\n<file></nzb>`).line).toBe(5);
  });

  it('binary garbage, and nothing but NzbInvalidError whatever comes', () => {
    refusal(new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 255, 255]));
    const mutated = fc
      .tuple(fc.constant(nzb(file(two))), fc.nat(400), fc.nat(30), fc.string())
      .map(([text, at, length, junk]) => text.slice(0, at) + junk + text.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }), mutated), (input) => {
        try {
          const parsed = parseNzb(input);
          expect(parsed.files.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(NzbInvalidError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('more segments than anybody posts', () => {
    const builder = new NzbBuilder(() => 7);
    builder.openFile(new Map());
    expect(() => {
      for (let count = 0; count <= 5_000_000; count++) builder.addSegment(undefined, undefined, '');
    }).toThrow(/absurdly large.*line 7/);
  });
});

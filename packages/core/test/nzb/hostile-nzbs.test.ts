import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NzbInvalidError } from '../../src/errors/index.js';
import type { NzbFile } from '../../src/model/nzb.js';
import { parseNzb } from '../../src/nzb/read-nzb.js';
import { isMessageId } from '../../src/util/message-id.js';
import { file, nzb, rich, segment, two } from './support.js';

/** Whether a file keeps every promise of its type. */
function isSound({ segments, segmentCount, encodedBytes, postedMs, nameHint }: NzbFile): boolean {
  return (
    segments.every(({ id, bytes }) => isMessageId(id) && Number.isSafeInteger(bytes) && bytes >= 0) &&
    segments.every(({ number }, at) => number > (segments[at - 1]?.number ?? 0)) &&
    segmentCount >= segments.length &&
    Number.isSafeInteger(encodedBytes) &&
    Number.isSafeInteger(postedMs) &&
    !/[/\\\0]/.test(nameHint)
  );
}

/** Parses, and shows that the outcome is one of two: an NZB that keeps every promise of its type, or the one error. */
function outcome(input: string | Uint8Array): 'read' | NzbInvalidError {
  try {
    const { files, warnings } = parseNzb(input);
    expect([files.length > 0, warnings.length <= 100, files.every(isSound)]).toEqual([true, true, true]);
    return 'read';
  } catch (error) {
    expect(error).toBeInstanceOf(NzbInvalidError);
    return error as NzbInvalidError;
  }
}

const tokens = [
  '<',
  '>',
  '</',
  '/>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '&',
  ';',
  '"',
  "'",
  '=',
  '&#',
  '<?',
  '?>',
  '<!',
  '\0',
  '\r',
  '[',
  ']',
];
const junk = fc.oneof(
  fc.array(fc.constantFrom(...tokens), { maxLength: 4 }).map((parts) => parts.join('')),
  fc.string({ maxLength: 20 }),
  fc.constantFrom('<file>', '</file>', '<segments>', '</segment>', '<!DOCTYPE nzb [', ' number="', 'xmlns:a="b"'),
);

describe('whatever is done to an NZB', () => {
  it('it is read, or refused in the one way', () => {
    const edit = fc.tuple(
      fc.nat(rich.length),
      fc.nat(30),
      fc.oneof(
        junk.map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 8 }),
      ),
    );
    const mutated = fc
      .array(edit, { minLength: 1, maxLength: 4 })
      .map((edits) =>
        edits.reduce<Buffer>(
          (bytes, [at, length, what]) => Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at + length)]),
          rich,
        ),
      );
    const seen = { read: 0, refused: 0 };
    fc.assert(
      fc.property(mutated, (bytes) => {
        seen[outcome(bytes) === 'read' ? 'read' : 'refused']++;
        outcome(bytes.toString());
      }),
      { numRuns: 1000 },
    );
    // Both happen, or the edits prove nothing.
    expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(50);
  });

  it('tags put together at random end in one of the two', () => {
    const piece = fc.oneof(
      junk,
      fc.constantFrom(
        '<nzb>',
        '</nzb>',
        '<group>',
        '</group>',
        '<meta type="a">',
        '</meta>',
        '<segment number="1">',
        'a@x',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        (parts) => void outcome(`<nzb>${parts.join('')}${file(two)}</nzb>`),
      ),
      { numRuns: 1000 },
    );
  });
});

describe('a megabyte or more of', () => {
  const mebibyte = 2 ** 20;
  const fill = (text: string, length = 1.5 * mebibyte) => text.repeat(Math.ceil(length / text.length));
  // None may take more than the time of a few megabytes honestly read; ten seconds leave room for any machine.
  it.each<[string, string, 'read' | RegExp]>([
    ['tags that open', `<nzb>${fill('<a>')}`, /deep/],
    ['less-than signs', `<nzb>${fill('<')}`, /begins no tag|absurdly/],
    ['ampersands', nzb(file(fill('&')) + file(two)), /absurdly/],
    ['ampersands in ids', nzb(file(fill(segment(1, '&'.repeat(60))))), 'read'],
    ['ampersands in a name', nzb(file(two, '&'.repeat(60_000))), 'read'],
    ['control characters', nzb(file(fill(segment(1, '\u0001')), '\u0001'.repeat(60_000))), 'read'],
    ['bytes that are no text', nzb(file(two, '\u00ff'.repeat(60_000))), 'read'],
    ['blanks', `<nzb>${fill(' ')}`, /absurdly/],
    ['blanks in a tag', `<nzb><file ${fill(' ')}`, /absurdly/],
    ['quotes in a tag', `<nzb><file ${fill('a="" ')}`, /absurdly/],
    ['attributes', `<nzb><file ${Array.from({ length: 300 }, (_, at) => `a${at}="b"`).join(' ')}>`, /attributes/],
    ['one name', `<nzb><${fill('a')}`, /absurdly/],
    ['names, all different', nzb(Array.from({ length: 100_000 }, (_, at) => `<a${at}/>`).join('') + file(two)), 'read'],
    ['one value', nzb(file(two, fill('x'))), /absurdly/],
    ['one comment', nzb(`<!--${fill('-')}-->`), /absurdly/],
    ['comments', nzb(fill('<!---->') + file(two)), 'read'],
    ['character data', nzb(file(segment(1, fill('<![CDATA[]]>')) + two)), 'read'],
    ['closing brackets', nzb(file(segment(1, `<![CDATA[${fill(']')}`))), /absurdly/],
    ['a DOCTYPE', `<!DOCTYPE ${fill('"" ')}`, /absurdly/],
    ['a DOCTYPE with one quote', `<!DOCTYPE "${fill('x')}`, /absurdly/],
    ['an instruction', `<?xml ${fill('?')}`, /absurdly/],
    [
      'groups',
      nzb(file(two, 'x', Array.from({ length: 200_000 }, (_, at) => `<group>g${at}</group>`).join(''))),
      'read',
    ],
    ['empty files', nzb(fill('<file/>')), 'read'],
    ['brackets in names', nzb(fill(file('', '[a.b]&quot;'.repeat(300)))), 'read'],
    ['counters in names', nzb(fill(file('', 'yEnc 1 '.repeat(500)))), 'read'],
    ['meta', nzb(fill('<meta type="a">b</meta>') + file(two)), 'read'],
    [
      'segments backwards',
      nzb(file(Array.from({ length: 100_000 }, (_, at) => segment(100_000 - at, 'a@x')).join(''))),
      'read',
    ],
    ['the same segment', nzb(file(fill(segment(3, 'a@x')))), 'read'],
  ])('%s', { timeout: 10_000 }, (_, text, expected) => {
    const found = outcome(Buffer.from(text, 'latin1'));
    if (expected === 'read') expect(found).toBe('read');
    else expect((found as NzbInvalidError).message).toMatch(expected);
  });
});

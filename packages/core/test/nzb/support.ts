import fc from 'fast-check';

/** A `<segment>`. */
export const segment = (number: number | string, id: string, bytes: number | string = 1000) =>
  `<segment bytes="${bytes}" number="${number}">${id}</segment>`;

/** A `<file>` with whatever segments. */
export const file = (
  segments: string,
  subject = 'post &quot;name.bin&quot; yEnc (1/2)',
  groups = '<group>a.b.c</group>',
) =>
  `<file poster="me" date="1700000000" subject="${subject}"><groups>${groups}</groups><segments>${segments}</segments></file>`;

/** A whole NZB. */
export const nzb = (body: string, root = '<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb">') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${root}${body}</nzb>`;

/** Two segments. */
export const two = segment(1, 'one@x') + segment(2, 'two@x', 500);

/** An NZB that has a little of everything that is odd. */
export const rich = Buffer.concat([
  Buffer.from(
    `<?xml version="1.1"?>\r\n<!DOCTYPE nzb PUBLIC "-//newzBin//DTD NZB 1.1//EN" 'http://x/nzb-1.1.dtd'>\r\n`,
  ),
  Buffer.from('<!-- made by -- somebody & co <![CDATA[ -->\r\n<NZB><head>\n<meta type="password">a&amp;b</meta>'),
  Buffer.from(
    '<Meta Type=Password><![CDATA[<&]] >&]]></Meta><meta type="tag">Ünïcode ‰ 𝄞</meta><odd><deep/></odd></head>\n',
  ),
  Buffer.from(
    file(`${segment(2, 'b&amp;2@x')}\n${segment(1, '<!-- c --><![CDATA[<a&1@x>]]>')}${segment(2, 'again@x')}`),
  ),
  Buffer.from(file(two, 'Tom & Jerry &quot;T&#246;m &#x26; J&eacute;rry.bin&quot; &#xD800; &bogus')),
  Buffer.from(`<file poster='a "quoted" > one' date=x subject="M`),
  Buffer.from([0xfc]),
  Buffer.from(`ller 'n.bin'"><groups/><segments><segment number="1">one&three@x</segment></segments></file>`),
  Buffer.from(file('', 'no &lt;segments&gt;\u0001\ttab\r\nline')),
  Buffer.from('</NZB>\n<!-- the end -->\n\0\0'),
]);

/** A source that gives these bytes cut at some places, empty pieces included. */
export async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let at = 1; at < places.length; at++) yield bytes.subarray(places[at - 1], places[at]);
}

/** Where to cut. */
export const cuts = fc.array(fc.nat(100_000), { maxLength: 20 });

import { type ArticleBody, renderArticle } from './article.js';
import type { YencFields } from './encode-yenc.js';
import type { Fault } from './faults.js';

const CR = 0x0d;
const LF = 0x0a;

/** The whole answer with a fault of the body applied; other faults leave it as it is. */
export function renderFaulty(opening: string, body: ArticleBody, fault: Fault): Buffer[] {
  switch (fault.type) {
    case 'wrongCrc':
      return renderArticle(
        opening,
        withFields(body, ({ crc32 }) => ({ crc32: wrongHex(crc32) })),
      );
    case 'wrongSize': {
      const key = fault.of === 'file' ? 'fileSize' : 'partSize';
      return renderArticle(
        opening,
        withFields(body, (fields) => ({ [key]: fields[key] + (fault.byBytes ?? 1) })),
      );
    }
    case 'wrongPartOffset':
      return renderArticle(
        opening,
        withFields(body, (fields) => ({ part: shifted(fields, fault.shiftBytes ?? 1) })),
      );
    case 'flipByte':
      return renderArticle(opening, { ...body, data: flipped(body.data, fault.at ?? 300) });
    case 'truncate':
      return truncated(opening, body, fault.keepBytes, fault.keepTrailer ?? false);
    case 'missingYend':
      return [...renderArticle(opening, body).slice(0, 2), text('.\r\n')];
    case 'extraText':
      return withText(renderArticle('', body), opening, fault);
    case 'bareLf':
      return bareLf(opening, renderArticle('', body), fault.terminator ?? false);
    default:
      return renderArticle(opening, body);
  }
}

function text(line: string): Buffer {
  return Buffer.from(line, 'utf8');
}

function withFields(body: ArticleBody, change: (fields: YencFields) => Partial<YencFields>): ArticleBody {
  return body.fields === undefined ? body : { ...body, fields: { ...body.fields, ...change(body.fields) } };
}

function wrongHex(hex: string): string {
  return ((Number.parseInt(hex, 16) ^ 0x0bad_c0de) >>> 0).toString(16).padStart(8, '0');
}

function shifted({ part, fileSize }: YencFields, byBytes: number): YencFields['part'] {
  const place = part ?? { number: 1, total: 1, begin: 1, end: fileSize };
  return { ...place, begin: place.begin + byBytes, end: place.end + byBytes };
}

/** Changes the first character from `at` on that stays an ordinary one and is not part of an escape or a line end. */
function flipped(data: Buffer, at: number): Buffer {
  const copy = Buffer.from(data);
  for (let i = Math.min(at, Math.max(0, copy.length - 200)); i < copy.length; i++) {
    const char = copy[i]!;
    if (char < 0x40 || (i > 0 && copy[i - 1]! < 0x40)) continue;
    copy[i] = char === 0xff ? 0xfe : char ^ 1;
    return copy;
  }
  return copy;
}

function truncated(opening: string, body: ArticleBody, keepBytes: number | undefined, keepTrailer: boolean): Buffer[] {
  const total = body.lead.length + body.data.length;
  const keep = Math.min(total, keepBytes ?? Math.floor(total / 2));
  const lead = body.lead.slice(0, keep);
  let data = body.data.subarray(0, keep - lead.length);
  if (data.at(-1) === CR) data = data.subarray(0, -1);
  const rendered = renderArticle(opening, { ...body, lead, data });
  const lineEnd = data.at(-1) === LF ? '' : '\r\n';
  return [rendered[0]!, data, text(lineEnd), keepTrailer ? rendered[2]! : text('.\r\n')];
}

interface TextAround {
  readonly before?: readonly string[] | undefined;
  readonly after?: readonly string[] | undefined;
  readonly blankLines?: number | undefined;
}

function withText(rendered: readonly Buffer[], opening: string, around: TextAround): Buffer[] {
  const [head, data, tail] = rendered as [Buffer, Buffer, Buffer];
  const lines = (list: readonly string[] = []) => list.map((line) => `${line.replace(/^\./, '..')}\r\n`).join('');
  const blank = '\r\n'.repeat(around.blankLines ?? 0);
  const trailer = tail.subarray(0, tail.length - 3);
  return [text(opening + lines(around.before)), head, data, text(blank), trailer, text(`${lines(around.after)}.\r\n`)];
}

function bareLf(opening: string, rendered: readonly Buffer[], terminatorToo: boolean): Buffer[] {
  const whole = Buffer.concat(rendered);
  const lines = whole
    .subarray(0, whole.length - 3)
    .toString('latin1')
    .replaceAll('\r\n', '\n');
  // Without a CR before it the dot would not stand on a line of its own.
  const end = terminatorToo ? '.\n' : '\r\n.\r\n';
  return [text(opening), Buffer.from(lines, 'latin1'), text(end)];
}

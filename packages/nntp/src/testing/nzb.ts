import type { PostedFile, PostedSegment } from './posted-file.js';

/** What an NZB needs to know of a posted file. */
export type NzbSource = Pick<PostedFile, 'subject' | 'poster' | 'postedMs' | 'groups'> & {
  /** Articles: number, encoded bytes and message-id without angle brackets. */
  readonly segments: readonly Pick<PostedSegment, 'id' | 'number' | 'bytes'>[];
};

/** Files of an NZB together with its `<meta>` values. */
export interface NzbInput {
  /** Files in the order they are listed. */
  readonly files: readonly NzbSource[];
  /** `<meta type="…">` values: a text or several per type, as `{ password: 'x', title: 'y' }`. */
  readonly meta?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/** Writes an NZB (the 1.1 format of newzbin) that lists posted files. */
export function buildNzb(input: readonly NzbSource[] | NzbInput): string {
  const { files, meta = {} } = 'files' in input ? input : { files: input };
  const metaLines = Object.entries(meta).flatMap(([type, values]) =>
    (typeof values === 'string' ? [values] : values).map(
      (value) => `    <meta type="${escapeXml(type)}">${escapeXml(value)}</meta>`,
    ),
  );
  const head = metaLines.length === 0 ? [] : ['  <head>', ...metaLines, '  </head>'];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE nzb PUBLIC "-//newzBin//DTD NZB 1.1//EN" "http://www.newzbin.com/DTD/nzb/nzb-1.1.dtd">',
    '<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb">',
    ...head,
    ...files.flatMap(fileLines),
    '</nzb>',
    '',
  ].join('\n');
}

function fileLines(file: NzbSource): string[] {
  const date = Math.floor(file.postedMs / 1000);
  return [
    `  <file poster="${escapeXml(file.poster)}" date="${date}" subject="${escapeXml(file.subject)}">`,
    '    <groups>',
    ...file.groups.map((group) => `      <group>${escapeXml(group)}</group>`),
    '    </groups>',
    '    <segments>',
    ...file.segments.map(
      ({ bytes, number, id }) => `      <segment bytes="${bytes}" number="${number}">${escapeXml(id)}</segment>`,
    ),
    '    </segments>',
    '  </file>',
  ];
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char]!);
}

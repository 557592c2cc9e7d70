import type { MessageId, PartHeader } from '../model/article.js';
import type { ByteRange } from '../model/common.js';
import type { NzbFile } from '../model/nzb.js';

/** One article a memory provider can deliver. */
export interface MemoryArticle {
  /** Decoded bytes. */
  readonly bytes: Uint8Array;
  /** Where they belong. Absent: a plain body, never shown progressively. */
  readonly part?: PartHeader | undefined;
}

/** What to make a file of. */
export interface MemoryFileOptions {
  /** File name. @default 'file.bin' */
  readonly name?: string | undefined;
  /** Size in bytes. */
  readonly size: number;
  /** Decoded bytes of every article but the last. @default 100000 */
  readonly partBytes?: number | undefined;
  /** Other seeds give other bytes and other message-ids. @default 1 */
  readonly seed?: number | undefined;
}

/** A posted file that exists in memory only: its bytes, its articles and how an NZB lists it. */
export interface MemoryFile {
  /** File name. */
  readonly name: string;
  /** All bytes; the same for the same options on every machine. */
  readonly bytes: Uint8Array;
  /** Message-ids in order. */
  readonly ids: readonly MessageId[];
  /** Its articles, for a memory provider. */
  readonly articles: ReadonlyMap<MessageId, MemoryArticle>;
  /** How `parseNzb` would report it. */
  readonly nzbFile: NzbFile;
  /** An NZB that lists this file alone. */
  readonly nzb: string;
}

const defaultPartBytes = 100_000;
const postedSeconds = 1_700_000_000;
const group = 'alt.binaries.test';
const poster = 'newsreel <newsreel@newsreel.invalid>';

/** Makes a file with deterministic bytes together with its articles and NZB. */
export function memoryFile(options: MemoryFileOptions): MemoryFile {
  const { name = 'file.bin', size, partBytes = defaultPartBytes, seed = 1 } = options;
  const bytes = deterministicBytes(size, seed);
  const ranges = partRanges(size, partBytes);
  const ids = ranges.map((_, at) => `${token(name)}.${seed}.${at + 1}@newsreel.invalid`);
  const articles = new Map<MessageId, MemoryArticle>();
  for (const [at, range] of ranges.entries()) {
    const part = { range, fileSize: size, fileName: name, part: at + 1, totalParts: ranges.length };
    articles.set(ids[at] as string, { bytes: bytes.subarray(range.start, range.end), part });
  }
  const nzbFile = listed(name, ids, ranges);
  return { name, bytes, ids, articles, nzbFile, nzb: nzbText([nzbFile]) };
}

/** An NZB that lists several files. */
export function nzbText(files: readonly NzbFile[], meta: Readonly<Record<string, readonly string[]>> = {}): string {
  const metaLines = Object.entries(meta).flatMap(([type, values]) =>
    values.map((value) => `    <meta type="${escaped(type)}">${escaped(value)}</meta>\n`),
  );
  const head = metaLines.length > 0 ? `  <head>\n${metaLines.join('')}  </head>\n` : '';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<!DOCTYPE nzb PUBLIC "-//newzBin//DTD NZB 1.1//EN" "http://www.newzbin.com/DTD/nzb/nzb-1.1.dtd">\n',
    '<nzb xmlns="http://www.newzbin.com/DTD/2003/nzb">\n',
    head,
    ...files.map(fileElement),
    '</nzb>\n',
  ].join('');
}

/** The same bytes for the same seed, incompressible enough to notice any mix-up. */
export function deterministicBytes(size: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** The ranges of a file's articles. */
export function partRanges(size: number, partBytes: number): ByteRange[] {
  const ranges: ByteRange[] = [];
  for (let start = 0; start < size; start += partBytes) ranges.push({ start, end: Math.min(start + partBytes, size) });
  return ranges;
}

/** Encoded size as posters list it: yEnc grows by two to three percent and adds line ends and headers. */
export const encodedBytes = (range: ByteRange) => Math.ceil((range.end - range.start) * 1.03) + 200;

function listed(name: string, ids: readonly MessageId[], ranges: readonly ByteRange[]): NzbFile {
  const segments = ranges.map((range, at) => ({ number: at + 1, bytes: encodedBytes(range), id: ids[at] as string }));
  return {
    subject: `"${name}" yEnc (1/${ranges.length})`,
    poster,
    postedMs: postedSeconds * 1000,
    groups: [group],
    nameHint: name,
    segments,
    segmentCount: segments.length,
    encodedBytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
  };
}

function fileElement(file: NzbFile): string {
  const date = Math.floor(file.postedMs / 1000);
  const groups = file.groups.map((name) => `      <group>${escaped(name)}</group>\n`);
  const segments = file.segments.map(
    ({ bytes, number, id }) => `      <segment bytes="${bytes}" number="${number}">${escaped(id)}</segment>\n`,
  );
  return [
    `  <file poster="${escaped(file.poster)}" date="${date}" subject="${escaped(file.subject)}">\n`,
    `    <groups>\n${groups.join('')}    </groups>\n`,
    `    <segments>\n${segments.join('')}    </segments>\n  </file>\n`,
  ].join('');
}

const token = (name: string) => name.replace(/[^\w.-]/g, '_').slice(0, 100);

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

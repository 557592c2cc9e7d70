import type { Article, PartHeader } from '../../src/model/article.js';
import type { NzbFile } from '../../src/model/nzb.js';
import { deterministicBytes } from '../../src/testing/memory-file.js';
import { leasedArticle } from '../../src/util/leased-article.js';

/** What an NZB says about sizes: the truth, nothing, one number for all, or nonsense. */
export type ListedSizes = 'honest' | 'zero' | 'same' | 'nonsense';

/** How a post is made. */
export interface PostOptions {
  /** Decoded sizes of its articles. */
  readonly sizes: readonly number[];
  readonly listed?: ListedSizes | undefined;
  /** Indexes the NZB lacks. */
  readonly holes?: ReadonlySet<number> | undefined;
  /** Whether headers give part numbers and totals. */
  readonly isNumbered?: boolean | undefined;
  /** How many numbers the subject promises. @default the truth */
  readonly promised?: number | undefined;
}

/** A post: its bytes, its articles and how an NZB lists it. */
export interface Post {
  readonly bytes: Uint8Array;
  readonly parts: readonly PartHeader[];
  readonly nzbFile: NzbFile;
  idOf(index: number): string;
  indexOf(id: string): number;
  /** The article as a provider delivers it, its range moved by `lie` bytes. */
  article(index: number, provider?: string, lie?: number): Article;
}

export function makePost(options: PostOptions): Post {
  const { sizes, listed = 'honest', holes = new Set(), isNumbered = true } = options;
  const size = sizes.reduce((sum, next) => sum + next, 0);
  const bytes = deterministicBytes(size, 7);
  let at = 0;
  const parts = sizes.map((length, index): PartHeader => {
    const range = { start: at, end: at + length };
    at += length;
    const numbers = isNumbered ? { part: index + 1, totalParts: sizes.length } : {};
    return { range, fileSize: size, fileName: `name ${index}`, ...numbers };
  });
  const idOf = (index: number) => `part${index}@test`;
  const segments = parts.flatMap(({ range }, index) =>
    holes.has(index)
      ? []
      : [{ number: index + 1, bytes: listedSize(range.end - range.start, index, listed), id: idOf(index) }],
  );
  return {
    bytes,
    parts,
    nzbFile: {
      subject: '"file.bin" yEnc (1/9)',
      poster: 'p',
      postedMs: 0,
      groups: [],
      nameHint: 'file.bin',
      segments,
      segmentCount: Math.max(options.promised ?? sizes.length, segments.at(-1)?.number ?? 0),
      encodedBytes: segments.reduce((sum, segment) => sum + segment.bytes, 0),
    },
    idOf,
    indexOf: (id) => Number(/\d+/.exec(id)?.[0]),
    article(index, provider = 'honest', lie = 0) {
      const part = shifted(parts[index] as PartHeader, lie);
      const content = bytes.subarray((parts[index] as PartHeader).range.start, (parts[index] as PartHeader).range.end);
      return leasedArticle({ id: idOf(index), bytes: content, part, provider }, () => {});
    },
  };
}

/** A header whose range is moved. */
export function shifted(part: PartHeader, by: number): PartHeader {
  return { ...part, range: { start: part.range.start + by, end: part.range.end + by } };
}

/** Sizes of a file cut into equal parts. */
export function equalSizes(size: number, partBytes: number): number[] {
  const sizes = new Array<number>(Math.floor(size / partBytes)).fill(partBytes);
  return size % partBytes === 0 ? sizes : [...sizes, size % partBytes];
}

function listedSize(length: number, index: number, listed: ListedSizes): number {
  if (listed === 'zero') return 0;
  if (listed === 'same') return 10_000;
  if (listed === 'nonsense') return ((index * 7919) % 13) * 1000;
  return Math.ceil(length * 1.03) + 3;
}

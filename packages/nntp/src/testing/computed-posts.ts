import type { MessageId, NzbFile, PartHeader } from '@newsreel/core';
import type { ArticleBody, HostedArticle } from './article.js';
import { crc32, hexCrc32 } from './crc32.js';
import { encodeYencData } from './encode-yenc.js';

/** What `NewsServer.postComputed` takes: `makeRelease()` of `@newsreel/core/testing` gives it, and anything of its shape. */
export interface ComputedPosts {
  /** What was posted. */
  readonly files: readonly ComputedFile[];
  /** The article with an id, decoded; asked for whenever somebody wants its body. */
  article(id: MessageId): ComputedArticle | undefined;
}

/** One posted file. */
export interface ComputedFile {
  /** As an NZB lists it. */
  readonly nzbFile: NzbFile;
}

/** One article, decoded. */
export interface ComputedArticle {
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** Where they belong; `undefined` for a file of one article without a part header. */
  readonly part?: PartHeader | undefined;
}

/** How computed posts are hosted. */
export interface ComputedPostOptions {
  /**
   * Encoded bodies that are kept for those who ask again, in bytes: the first that fit. For measuring, where the work of the
   * server must not be what is measured.
   * @default 0
   */
  readonly keptBytes?: number | undefined;
}

const lineLength = 128;

/** Encoded bodies up to so many bytes. */
export class KeptBodies {
  readonly #bodies = new Map<MessageId, ArticleBody>();
  #leftBytes: number;

  constructor(keptBytes: number) {
    this.#leftBytes = keptBytes;
  }

  /** The body of an article, made when it is not there. */
  get(id: MessageId, make: () => ArticleBody): ArticleBody {
    const kept = this.#bodies.get(id);
    if (kept !== undefined) return kept;
    const made = make();
    if (made.data.length > this.#leftBytes) return made;
    this.#leftBytes -= made.data.length;
    this.#bodies.set(id, made);
    return made;
  }
}

/** The articles of one computed file. Bodies are encoded when they are asked for. */
export function computedArticles(posts: ComputedPosts, file: NzbFile, kept: KeptBodies): HostedArticle[] {
  return file.segments.map(({ id, number }) => ({
    id,
    headers: () => headersOf(file, id, number),
    body: () => kept.get(id, () => bodyOf(posts, id)),
  }));
}

function headersOf(file: NzbFile, id: MessageId, number: number): string {
  const subject = file.subject.replace(/\(1\/(\d+)\)$/, `(${number}/$1)`);
  return [
    'Path: newsreel.test!not-for-mail',
    `From: ${file.poster}`,
    `Newsgroups: ${file.groups.join(',')}`,
    `Subject: ${subject}`,
    `Date: ${new Date(file.postedMs).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${id}>`,
    '',
  ].join('\r\n');
}

function bodyOf(posts: ComputedPosts, id: MessageId): ArticleBody {
  const article = posts.article(id);
  const bytes = article?.bytes ?? new Uint8Array(0);
  const { range = { start: 0, end: bytes.length }, fileSize = bytes.length, ...part } = article?.part ?? {};
  const { fileName = 'file', part: number = 1, totalParts: total = 1 } = part as Partial<PartHeader>;
  const fields = {
    name: fileName,
    lineLength,
    fileSize,
    partSize: bytes.length,
    crc32: hexCrc32(crc32(bytes)),
    part: total === 1 ? undefined : { number, total, begin: range.start + 1, end: range.end },
  };
  return { lead: '', data: encodeYencData(bytes, lineLength), fields };
}

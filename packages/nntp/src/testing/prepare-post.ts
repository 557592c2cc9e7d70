import { createHash } from 'node:crypto';
import { ConfigInvalidError, RangeInvalidError } from '@newsreel/core';
import type { ArticleBody, HostedArticle } from './article.js';
import { STAMP_BYTES, stampedContent } from './content.js';
import { hexCrc32 } from './crc32.js';
import { type YencFields, yencHeader, yencTrailer } from './encode-yenc.js';
import { type Encoder, eagerEncoder, type Source, templateEncoder } from './part-encoder.js';
import { type PostedFile, type PostedSegment, type PostOptions, parsePost, type ResolvedPost } from './posted-file.js';

/** The articles of a file posted to any server of this process. @throws ConfigInvalidError for any other object */
export function articlesOf(file: PostedFile): readonly HostedArticle[] {
  if (file instanceof Post) return file.articles;
  const issues = [{ path: 'file', message: 'was not posted to a server of this process' }];
  throw new ConfigInvalidError({ what: 'file to mirror', issues });
}

/** A file cut and encoded, ready to be hosted. */
export interface PreparedPost {
  /** What the poster gets back. */
  readonly file: PostedFile;
  /** Its articles by number. */
  readonly articles: readonly HostedArticle[];
}

/** Cuts and encodes a file. Yields to the event loop between parts. */
export async function preparePost(input: PostOptions, defaultPrefix: string): Promise<PreparedPost> {
  const options = parsePost(input);
  const { partBytes, lineLength } = options;
  const given = options.bytes;
  const content = given instanceof Uint8Array ? undefined : stampedContent({ ...given, blockBytes: partBytes });
  const source: Source = content ?? bytesSource(given as Uint8Array);
  const cuts = cutsOf(source.size, options.nonUniform ?? [partBytes]);
  // The stamp has to fit in one part and in its first line.
  const stampFits = lineLength >= STAMP_BYTES && partBytes >= STAMP_BYTES;
  const useTemplates = content !== undefined && options.nonUniform === undefined && stampFits;
  const encode = useTemplates
    ? await templateEncoder(content, lineLength)
    : await eagerEncoder(source, cuts, lineLength);
  return new Post(options, defaultPrefix, source, cuts, encode);
}

/** Offsets where parts start, and the end of the file. */
function cutsOf(size: number, sizes: readonly number[]): number[] {
  const cuts = [0];
  for (let at = 0, part = 0; at < size || part === 0; part++) {
    at = Math.min(size, at + sizes[Math.min(part, sizes.length - 1)]!);
    cuts.push(at);
  }
  return cuts;
}

function bytesSource(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    read(start, end) {
      if (start >= 0 && start <= end && end <= bytes.length) return new Uint8Array(bytes.subarray(start, end));
      throw new RangeInvalidError({ range: { start, end }, size: bytes.length });
    },
  };
}

class Post implements PreparedPost, PostedFile {
  readonly name: string;
  readonly size: number;
  readonly subject: string;
  readonly poster: string;
  readonly postedMs: number;
  readonly groups: readonly string[];
  readonly segments: readonly PostedSegment[];
  readonly encodedBytes: number;
  readonly articles: readonly HostedArticle[];
  readonly #subjectStem: string;
  readonly #yencName: string;
  readonly #lineLength: number;
  readonly #source: Source;
  readonly #encode: Encoder;
  #sha256: string | undefined;

  constructor(options: ResolvedPost, defaultPrefix: string, source: Source, cuts: readonly number[], encode: Encoder) {
    const disguise = createHash('sha256').update(`${options.name} ${source.size}`).digest('hex').slice(0, 32);
    this.name = options.name;
    this.size = source.size;
    this.#yencName = options.obfuscate ? disguise : (options.yencName ?? options.name);
    this.#subjectStem = options.obfuscate ? disguise : (options.subject ?? `[1/1] - "${options.name}" yEnc`);
    this.subject = `${this.#subjectStem} (1/${cuts.length - 1})`;
    this.poster = options.poster;
    this.postedMs = options.postedMs;
    this.groups = options.groups;
    this.#lineLength = options.lineLength;
    this.#source = source;
    this.#encode = encode;
    const prefix = options.messageIdPrefix ?? defaultPrefix;
    this.segments = cuts.slice(1).map((end, index) => {
      const range = { start: cuts[index]!, end };
      return { id: `${prefix}.${index + 1}@newsreel.test`, number: index + 1, bytes: 0, range };
    });
    this.articles = this.segments.map((segment) => this.#article(segment));
    this.segments = this.segments.map((segment) => ({ ...segment, bytes: this.#encodedBytesOf(segment) }));
    this.encodedBytes = this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get file(): PostedFile {
    return this;
  }

  read({ start, end }: { readonly start: number; readonly end: number }): Uint8Array {
    return this.#source.read(start, end);
  }

  sha256(): string {
    if (this.#sha256 !== undefined) return this.#sha256;
    const hash = createHash('sha256');
    for (const { range } of this.segments) hash.update(this.#source.read(range.start, range.end));
    this.#sha256 = hash.digest('hex');
    return this.#sha256;
  }

  #article(segment: PostedSegment): HostedArticle {
    return { id: segment.id, headers: () => this.#headers(segment), body: () => this.#body(segment) };
  }

  #headers({ id, number }: PostedSegment): string {
    const date = new Date(this.postedMs).toUTCString().replace('GMT', '+0000');
    const subject = `${this.#subjectStem} (${number}/${this.segments.length})`;
    return [
      'Path: newsreel.test!not-for-mail',
      `From: ${this.poster}`,
      `Newsgroups: ${this.groups.join(',')}`,
      `Subject: ${subject}`,
      `Date: ${date}`,
      `Message-ID: <${id}>`,
      '',
    ].join('\r\n');
  }

  #body(segment: PostedSegment): ArticleBody {
    const { lead, data, crc32: crc } = this.#encode(segment.number - 1);
    return { lead, data, fields: this.#fields(segment, crc) };
  }

  #encodedBytesOf(segment: PostedSegment): number {
    const { lead, data } = this.#encode(segment.number - 1);
    const fields = this.#fields(segment, 0);
    return Buffer.byteLength(yencHeader(fields)) + lead.length + data.length + yencTrailer(fields).length;
  }

  #fields({ number, range }: PostedSegment, crc: number): YencFields {
    const total = this.segments.length;
    return {
      name: this.#yencName,
      lineLength: this.#lineLength,
      fileSize: this.size,
      partSize: range.end - range.start,
      crc32: hexCrc32(crc),
      // A file in one article has no =ypart line, as posters do it.
      part: total === 1 ? undefined : { number, total, begin: range.start + 1, end: range.end },
    };
  }
}

import type { MessageId } from './article.js';

/** One article of a posted file as the NZB lists it. */
export interface NzbSegment {
  /** Place in the file, counted from 1. */
  readonly number: number;
  /** Encoded bytes of the article as the NZB claims: an estimate. 0 when absent or unusable. */
  readonly bytes: number;
  /** Message-id without angle brackets, well-formed. */
  readonly id: MessageId;
}

/** One posted file as the NZB lists it. */
export interface NzbFile {
  /** The poster's subject line. */
  readonly subject: string;
  /** Who posted it. */
  readonly poster: string;
  /** When it was posted, in milliseconds since 1970; 0 when the NZB does not say. */
  readonly postedMs: number;
  /** Newsgroups it was posted to. */
  readonly groups: readonly string[];
  /** File name found in the subject, safe as a single path part; empty when there is none. */
  readonly nameHint: string;
  /** Its articles, by number, each number once. */
  readonly segments: readonly NzbSegment[];
  /** How many numbers there should be: the highest number, or the subject's own count when that is higher. */
  readonly segmentCount: number;
  /** Sum of the segments' encoded bytes. */
  readonly encodedBytes: number;
}

/** A web stream of bytes, as `(await fetch(url)).body`: what of it is used. */
export interface NzbWebStream {
  /** Takes the stream for itself. */
  getReader(): NzbWebStreamReader;
}

/** Reads a web stream piece by piece. */
export interface NzbWebStreamReader {
  /** The next piece. */
  read(): Promise<NzbWebStreamPiece>;
  /** Gives the stream up. */
  cancel(reason?: unknown): Promise<void>;
}

/** A piece of a web stream, or its end. */
export interface NzbWebStreamPiece {
  /** Whether it is the end. */
  readonly done: boolean;
  /** The piece. */
  readonly value?: Uint8Array | undefined;
}

/** What an NZB can be given as: text, or bytes (gzipped or not) as a whole or as they come. */
export type NzbInput = string | Uint8Array | AsyncIterable<Uint8Array> | NzbWebStream;

/** A parsed NZB. */
export interface Nzb {
  /** `<meta>` values by type in lower case, in order: all passwords are in `meta.password`. */
  readonly meta: Readonly<Record<string, readonly string[]>>;
  /** Its files in document order. */
  readonly files: readonly NzbFile[];
  /** What was odd and tolerated, at most 100 lines. */
  readonly warnings: readonly string[];
}

import type { MessageId, PartHeader } from '@newsreel/core';

/**
 * Which implementation decodes: SIMD WebAssembly with relaxed swizzles (fastest, Node 22 and later), SIMD WebAssembly,
 * or plain JavaScript (where WebAssembly or its SIMD is missing, as under `--jitless`).
 */
export type DecodeEngineName = 'wasm-relaxed' | 'wasm-strict' | 'javascript';

/** How a decoder is made. */
export interface ArticleDecoderOptions {
  /** Implementation. @default the fastest one this runtime has */
  readonly engine?: DecodeEngineName | undefined;
  /** Largest part accepted, in decoded bytes: a header that declares more makes the article corrupt. @default 64 MiB */
  readonly maxPartBytes?: number | undefined;
}

/** One body to decode, and who hears of it. All callbacks run inside {@link ArticleDecoder.push} and must not throw. */
export interface DecodeStart {
  /** The article asked for. */
  readonly id: MessageId;
  /** Name of the provider that delivers it. */
  readonly provider: string;
  /**
   * The reply is to ARTICLE: skip header lines up to the first empty one.
   * @default false (BODY)
   */
  readonly skipHeaders?: boolean | undefined;
  /** Keep the bytes of a damaged article in the outcome instead of freeing them. @default false */
  readonly keepDamaged?: boolean | undefined;
  /**
   * `=ybegin` (and `=ypart`) are read and the buffer is taken: `bytes` is as long as the part and still unwritten.
   * At most once per article, before any {@link DecodeStart.onProgress}; never for an article without yEnc headers.
   */
  onBegin?(part: PartHeader, bytes: Uint8Array): void;
  /** The first `available` bytes are decoded (not verified). At most once per push, and only when the number grew. */
  onProgress?(available: number): void;
  /** The buffer is taken and really occupies this many bytes (slots are multiples of 64 KiB): correct the charge. */
  charge?(bytes: number): void;
  /**
   * The bytes given to {@link DecodeStart.onBegin} will never be verified: damaged, abandoned or discarded. Called once,
   * as soon as that is known (possibly long before the body ends) and while the bytes are still untouched; they are
   * freed when this returns (with `keepDamaged` and a damaged article: when the caller frees the outcome).
   */
  onLost?(reason: string): void;
}

/** An article whose headers, length and (when it carries one) checksum agree with the decoded bytes. */
export interface DecodedArticle {
  readonly status: 'ok';
  /** Where the bytes belong. */
  readonly part: PartHeader;
  /** The decoded bytes; the caller's until {@link DecodedArticle.free}. */
  readonly bytes: Uint8Array;
  /** CRC-32 of the bytes, proved against the article's own; `undefined` when the article carried none. */
  readonly crc32: number | undefined;
  /** Gives the buffer back, once; later calls do nothing. */
  free(): void;
}

/** An article that is not what was posted. Its bytes are freed, unless `keepDamaged` asked for them. */
export interface DamagedArticle {
  readonly status: 'corrupt';
  /** What disagrees, in words: fit for `ArticleCorruptError.reason`. */
  readonly reason: string;
  /** CRC-32 the article promised, when that is what disagrees. */
  readonly expectedCrc?: number | undefined;
  /** CRC-32 of the bytes that came, when that is what disagrees. */
  readonly actualCrc?: number | undefined;
  /** With `keepDamaged`, when the headers were read: where the bytes claim to belong. */
  readonly part?: PartHeader | undefined;
  /** With `keepDamaged`: what was decoded, possibly less than the part. */
  readonly bytes?: Uint8Array | undefined;
  /** Gives the bytes back, once. Always there, so that callers need not ask; without bytes it does nothing. */
  free(): void;
}

/** What became of one body. */
export type DecodeOutcome = DecodedArticle | DamagedArticle;

/**
 * Decodes the multi-line bodies of one connection, one after another: `start`, then `push` what the socket gives until
 * `ended`, then `finish`. Handles NNTP dot-stuffing (RFC 3977, section 3.1.1) and yEnc 1.3. Any split of the input is
 * fine, down to single bytes; nothing is ever pushed back.
 */
export interface ArticleDecoder {
  /** Which implementation decodes. */
  readonly engine: DecodeEngineName;
  /**
   * Begins one body, directly after its 222 (BODY) or 220 (ARTICLE, with `skipHeaders`) status line. A body that was
   * under way is abandoned.
   */
  start(options: DecodeStart): void;
  /**
   * Consumes `input[start, end)` and returns the index after the last consumed byte: `end`, or less when the terminator
   * line "." was consumed. Then {@link ArticleDecoder.ended} is true and the rest belongs to the next reply.
   *
   * Fast path without a copy: `input` is a view of {@link socketInput}. Any other array is copied piece by piece.
   * Nothing refers to `input` after this returns.
   */
  push(input: Uint8Array, start: number, end: number): number;
  /** Whether the terminator line of the current body has been consumed; also true before the first `start`. */
  readonly ended: boolean;
  /** Whether the current body is already known to be damaged or was discarded: what still comes is only drained. */
  readonly failed: boolean;
  /**
   * The outcome, once, after `ended`. `ok`: the buffer passes to the caller, who calls `free()`. A discarded body is
   * `corrupt` with the reason "discarded".
   * @throws Error when the body has not ended or was finished already
   */
  finish(): DecodeOutcome;
  /** The connection is gone: drops the current body and frees its buffer. Nothing more will be pushed for it. */
  abandon(): void;
  /** Nobody wants the current body any more: frees its buffer; `push` goes on looking for the terminator, storing nothing. */
  discard(): void;
}

import type { DecodeEngineName } from './port.js';

/**
 * Where in the grammar the input stopped. The numbers are shared with assembly/yenc.ts; the first five equal the length
 * of the matched beginning of CR LF dot CR LF.
 */
export const lineState = { text: 0, cr: 1, line: 2, dot: 3, dotCr: 4, escape: 5, lineEscape: 6 } as const;

/** Why decoding stopped: input used up; after "=y" at the start of a line; after the line ".". */
export const stopped = { more: 0, control: 1, end: 2 } as const;

/** Where one body stands between two pieces of input. One per connection, reused. */
export interface DecodeCursor {
  /** One of {@link lineState}. */
  state: number;
  /** Encoded characters per line, from `=ybegin`; only a hint. 0 for none. */
  line: number;
  /** Bytes decoded so far. */
  written: number;
  /** CRC-32 of the first `hashed` decoded bytes. */
  crc: number;
  /** How many of the decoded bytes `crc` covers. */
  hashed: number;
  /** How many of the decoded bytes were worked into the target's history, on the way to the next `crc`. */
  folded: number;
  /** Result of the last call: index after the last consumed byte of its input. */
  at: number;
}

/** Where the bytes of one article go. */
export interface DecodeTarget {
  /** As long as the part. */
  readonly bytes: Uint8Array;
  /** The same with slack behind: decoding may overwrite up to 32 bytes past the last decoded one. */
  readonly room: Uint8Array;
  /** Where `room` begins in the engine's memory, or -1 when it lies elsewhere. */
  readonly address: number;
  /** Where the engine keeps what the checksum needs of earlier bytes, or -1: behind `room`'s part for this article. */
  readonly history: number;
  /** Gives the memory back, once. */
  free(): void;
}

/** One implementation of the hot loops. */
export interface DecodeEngine {
  /** Which one it is. */
  readonly name: DecodeEngineName;
  /** What sockets should read into. */
  readonly input: Uint8Array;
  /** A buffer for a part of this many bytes. */
  allocate(bytes: number): DecodeTarget;
  /**
   * Decodes from `input[start, end)`, at least one byte and at most what surely fits, and moves the cursor.
   * @returns one of {@link stopped}
   */
  decode(cursor: DecodeCursor, target: DecodeTarget, input: Uint8Array, start: number, end: number): number;
  /** Works what was just decoded into the checksum, while it is in the processor's cache. May leave some for later. */
  fold(cursor: DecodeCursor, target: DecodeTarget): void;
  /** Brings `crc` up to date with `written`. */
  hash(cursor: DecodeCursor, target: DecodeTarget): void;
  /** CRC-32 of bytes that lie anywhere, continuing `seed`. */
  crc32(bytes: Uint8Array, seed: number): number;
}

/** How many input bytes surely fit behind what is written: every input byte decodes to at most one. */
export function roomFor(cursor: DecodeCursor, target: DecodeTarget): number {
  return target.room.length - cursor.written - 32;
}

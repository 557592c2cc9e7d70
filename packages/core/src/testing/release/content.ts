import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { RangeInvalidError } from '../../errors/index.js';
import type { ByteRange } from '../../model/common.js';
import { crc32Combine } from '../../util/crc32-combine.js';

/** Bytes that can be had from any place, and whose checksum can be had without them. Offsets are inside the content. */
export interface Content {
  /** Size in bytes. */
  readonly size: number;
  /** Fills `target` with the bytes from `start` on. */
  readInto(start: number, target: Uint8Array): void;
  /** CRC-32 of a range. */
  crc32(range: ByteRange): number;
}

/** Content that is held in memory, by reference. */
export function heldContent(bytes: Uint8Array): Content {
  return {
    size: bytes.length,
    readInto: (start, target) => target.set(bytes.subarray(start, start + target.length)),
    crc32: ({ start, end }) => crc32(bytes.subarray(start, end)),
  };
}

/** Content of a known size that is made as a whole when it is first asked for, and then held. */
export function computedWhole(size: number, make: () => Uint8Array): Content {
  let made: Content | undefined;
  const content = () => {
    made ??= heldContent(make());
    return made;
  };
  return {
    size,
    readInto: (start, target) => content().readInto(start, target),
    crc32: (range) => content().crc32(range),
  };
}

/** A window into other content. */
export function windowOf(content: Content, window: ByteRange): Content {
  return {
    size: window.end - window.start,
    readInto: (start, target) => content.readInto(window.start + start, target),
    crc32: ({ start, end }) => content.crc32({ start: window.start + start, end: window.start + end }),
  };
}

/** Several contents one after the other. */
export function joinedContent(pieces: readonly Content[]): Content {
  const starts: number[] = [];
  let size = 0;
  for (const piece of pieces) {
    starts.push(size);
    size += piece.size;
  }
  return {
    size,
    readInto(start, target) {
      for (const { piece, range } of overlaps(pieces, starts, { start, end: start + target.length })) {
        const at = (starts[piece] as number) + range.start - start;
        (pieces[piece] as Content).readInto(range.start, target.subarray(at, at + range.end - range.start));
      }
    },
    crc32(range) {
      let crc = 0;
      for (const { piece, range: inside } of overlaps(pieces, starts, range))
        crc = crc32Combine(crc, (pieces[piece] as Content).crc32(inside), inside.end - inside.start);
      return crc;
    },
  };
}

/** The pieces a range touches, each with the part of the range that is in it. */
function* overlaps(pieces: readonly Content[], starts: readonly number[], { start, end }: ByteRange) {
  for (let piece = pieceAt(starts, start); piece < pieces.length; piece++) {
    const from = starts[piece] as number;
    if (from >= end) return;
    const to = Math.min(end - from, (pieces[piece] as Content).size);
    const range = { start: Math.max(0, start - from), end: to };
    if (range.start < range.end) yield { piece, range };
  }
}

/** The last piece that starts at or before an offset. */
function pieceAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The bytes of a range in a new array. @throws RangeInvalidError when it is not inside the content */
export function readRange(content: Content, range: ByteRange): Uint8Array {
  const { start, end } = range;
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || start > end || end > content.size)
    throw new RangeInvalidError({ range, size: content.size });
  const bytes = new Uint8Array(end - start);
  content.readInto(start, bytes);
  return bytes;
}

const hashStepBytes = 2 ** 20;

/** SHA-256 of all of a content, hexadecimal; read through in pieces. */
export function sha256Of(content: Content): string {
  const hash = createHash('sha256');
  const step = new Uint8Array(Math.min(hashStepBytes, content.size));
  for (let start = 0; start < content.size; start += step.length) {
    const piece = step.subarray(0, Math.min(step.length, content.size - start));
    content.readInto(start, piece);
    hash.update(piece);
  }
  return hash.digest('hex');
}

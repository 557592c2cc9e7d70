import { crc32 } from 'node:zlib';
import type { ByteRange } from '../../model/common.js';
import { crc32Combine } from '../../util/crc32-combine.js';
import { deterministicBytes } from '../memory-file.js';
import type { Content } from './content.js';

/** Words of the two tables. They have no common divisor, so their sum repeats after the product of both: 256 GiB. */
const tableWords = [2 ** 18, 2 ** 18 - 1] as const;
const wordBytes = 4;
const scratchWords = 2 ** 14;

/** Bytes before the stream repeats. */
export const computedPeriodBytes = tableWords[0] * tableWords[1] * wordBytes;

/**
 * A stream of bytes computed from their offset: the exclusive or of two tables of random bytes that repeat with different
 * periods. Two megabytes of memory give 256 GiB in which no two places look alike, whatever their distance. And because a
 * CRC-32 of an exclusive or follows from those of its terms, and that of a repetition from that of one period, the
 * checksum of any range takes milliseconds, however long it is.
 */
export function computedBytes(seed: number): Content {
  const tables = tableWords.map((words, at) => deterministicBytes(words * wordBytes, seed * 2 + at));
  const [first, second] = tables as [Uint8Array, Uint8Array];
  const checksums = tables.map(periodicChecksum);
  const [firstWords, secondWords] = [wordsOf(first), wordsOf(second)];
  const scratch = new Uint32Array(scratchWords);
  const scratchBytes = new Uint8Array(scratch.buffer);
  return {
    size: computedPeriodBytes,
    readInto(start, target) {
      for (let done = 0; done < target.length; ) {
        const word = Math.floor((start + done) / wordBytes);
        const skip = (start + done) % wordBytes;
        const length = Math.min(target.length - done, scratchBytes.length - skip);
        mix(scratch.subarray(0, Math.ceil((skip + length) / wordBytes)), word, firstWords, secondWords);
        target.set(scratchBytes.subarray(skip, skip + length), done);
        done += length;
      }
    },
    crc32({ start, end }) {
      // The checksum of zeros is what all checksums of a length have in common; it must be there once only.
      const common = moved(most32, end - start) ^ most32;
      return checksums.reduce((crc, checksum) => crc ^ checksum(start, end), common) >>> 0;
    },
  };
}

const wordsOf = (table: Uint8Array) => new Uint32Array(table.buffer, table.byteOffset, table.length / wordBytes);

/** Fills `target` with the words of the stream from `word` on, up to the next end of a table at a time. */
function mix(target: Uint32Array, word: number, first: Uint32Array, second: Uint32Array): void {
  for (let done = 0; done < target.length; ) {
    const a = (word + done) % first.length;
    const b = (word + done) % second.length;
    const end = done + Math.min(target.length - done, first.length - a, second.length - b);
    const [fromA, fromB] = [a - done, b - done];
    for (let at = done; at < end; at++) target[at] = (first[at + fromA] as number) ^ (second[at + fromB] as number);
    done = end;
  }
}

const most32 = 0xffffffff;
/** Between the places of a table whose checksum is kept. */
const checkpointBytes = 2 ** 14;

/** What a CRC-32 adds to that of so many bytes behind it. */
const moved = (crc: number, bytes: number) => crc32Combine(crc, 0, bytes);

/** CRC-32 of ranges of a table that repeats for ever. Little of it is read, whatever the range. */
function periodicChecksum(table: Uint8Array): (start: number, end: number) => number {
  const checkpoints = [0];
  for (let at = 0; at < table.length; at += checkpointBytes)
    checkpoints.push(crc32(table.subarray(at, at + checkpointBytes), checkpoints.at(-1)));
  const upTo = (end: number) => {
    const checkpoint = Math.floor(end / checkpointBytes);
    return crc32(table.subarray(checkpoint * checkpointBytes, end), checkpoints[checkpoint]);
  };
  const whole = upTo(table.length);
  return (start, end) => {
    const phase = start % table.length;
    const head = Math.min(end - start, table.length - phase);
    const left = end - start - head;
    const tail = left % table.length;
    const crc = upTo(phase + head) ^ moved(upTo(phase), head);
    const times = (left - tail) / table.length;
    return moved(moved(crc, left - tail) ^ repeatedCrc(whole, table.length, times), tail) ^ upTo(tail);
  };
}

/** CRC-32 of a piece said several times over, from that of the piece: by doubling. */
function repeatedCrc(pieceCrc: number, pieceBytes: number, times: number): number {
  let crc = 0;
  let unit = pieceCrc;
  let unitBytes = pieceBytes;
  for (let left = times; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) crc = crc32Combine(crc, unit, unitBytes);
    unit = crc32Combine(unit, unit, unitBytes);
    unitBytes *= 2;
  }
  return crc;
}

/**
 * Where in the stream a file begins: spread by the golden ratio, on a whole word, so that files of one release share the
 * tables and nothing else, and none runs over the end. @param size bytes of the file
 */
export function placeInStream(index: number, size: number): ByteRange {
  const room = Math.max(0, computedPeriodBytes - size);
  const start = Math.floor(((index * 0.618_033_988_749_895) % 1) * (room / wordBytes)) * wordBytes;
  return { start, end: start + size };
}

import type { PartHeader } from '@newsreel/core';
import type { BeginLine, EndLine, HeaderNumber, PartLine } from './headers.js';

/** What disagrees in an article. */
export interface Damage {
  /** In words. */
  readonly reason: string;
  /** CRC-32 promised, when that is what disagrees. */
  readonly expectedCrc?: number | undefined;
  /** CRC-32 of the bytes, when that is what disagrees. */
  readonly actualCrc?: number | undefined;
}

/**
 * Where a part belongs according to its headers, or what is wrong with them. Nothing is clamped: a part whose headers
 * contradict each other cannot be placed, and guessing corrupts files.
 * @param maxPartBytes largest part accepted
 */
export function placePart(begin: BeginLine, part: PartLine | undefined, maxPartBytes: number): PartHeader | Damage {
  if (typeof begin.size !== 'number') return { reason: `=ybegin size is ${begin.size}` };
  const range = part ? rangeOf(part, begin.size) : wholeRange(begin, begin.size);
  if ('reason' in range) return range;
  const bytes = range.end - range.start;
  if (bytes > maxPartBytes) return { reason: `a part of ${bytes} bytes is larger than the ${maxPartBytes} allowed` };
  return {
    range,
    fileSize: begin.size,
    fileName: begin.name,
    part: numberOrNothing(begin.part),
    totalParts: numberOrNothing(begin.total),
  };
}

function rangeOf(part: PartLine, fileSize: number): PartHeader['range'] | Damage {
  const { begin, end } = part;
  if (typeof begin !== 'number') return { reason: `=ypart begin is ${begin}` };
  if (typeof end !== 'number') return { reason: `=ypart end is ${end}` };
  // An empty part (begin one past end) is fine; begin counts from 1.
  if (begin < 1 || end < begin - 1 || end > fileSize)
    return { reason: `=ypart ${begin} to ${end} is not a range of a file of ${fileSize} bytes` };
  return { start: begin - 1, end };
}

function wholeRange(begin: BeginLine, fileSize: number): PartHeader['range'] | Damage {
  const only = begin.part === 'absent' || (begin.part === 1 && (begin.total === 'absent' || begin.total === 1));
  return only ? { start: 0, end: fileSize } : { reason: 'missing =ypart' };
}

function numberOrNothing(value: HeaderNumber): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The CRC-32 an article promises for its own bytes. On one part of several, `crc32` is the file's and says nothing here. */
export function promisedCrc(part: PartHeader, end: EndLine): number | undefined {
  const whole = part.range.start === 0 && part.range.end === part.fileSize;
  return end.partCrc ?? (whole ? end.fileCrc : undefined);
}

/** What disagrees between headers, trailer and bytes; `undefined` when nothing does. */
export function verifyPart(
  part: PartHeader,
  end: EndLine,
  decodedBytes: number,
  actualCrc: number,
): Damage | undefined {
  const expectedBytes = part.range.end - part.range.start;
  if (decodedBytes !== expectedBytes) return { reason: `${decodedBytes} of ${expectedBytes} bytes` };
  if (end.size !== 'absent' && end.size !== expectedBytes)
    return { reason: `=yend size is ${end.size}, the part has ${expectedBytes} bytes` };
  const expectedCrc = promisedCrc(part, end);
  if (expectedCrc === undefined || expectedCrc === actualCrc) return undefined;
  return { reason: `CRC-32 is ${hex(actualCrc)}, promised was ${hex(expectedCrc)}`, expectedCrc, actualCrc };
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

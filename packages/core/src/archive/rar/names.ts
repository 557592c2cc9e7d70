import { Buffer, isUtf8 } from 'node:buffer';
import { LenientUtf8 } from '../../nzb/lenient-utf8.js';

/** Longest path in bytes: RAR itself writes no more than 2048 characters. */
export const mostPathBytes = 16 * 1024;

/** Text in UTF-8; what is not UTF-8 is read as Windows-1252. */
export function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  const decoder = new LenientUtf8(() => undefined);
  return decoder.decode(buffer) + decoder.end();
}

/**
 * A name as RAR 2.9 to 4 write it: bytes in the encoding of some system, a zero, and how to make UTF-16 of them (RAR 4
 * technote, "FILE_NAME"; the code as unrar's `EncodeFileName` reads it). Without a zero it is UTF-8.
 */
export function unicodeName(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0);
  if (zero < 0) return textOf(bytes);
  const plain = bytes.subarray(0, zero);
  const code = bytes.subarray(zero + 1);
  const units = decodedUnits(plain, code);
  return units.length > 0 ? String.fromCharCode(...units) : textOf(plain);
}

/**
 * The first byte of the code is the high byte most characters share. Every two bits that follow say what a character is
 * made of: a byte; a byte and the shared one; two bytes; or a run of characters of the plain name, corrected or not.
 */
function decodedUnits(plain: Uint8Array, code: Uint8Array): number[] {
  const units: number[] = [];
  let at = 1;
  const high = (code[0] ?? 0) << 8;
  const next = () => code[at++] ?? 0;
  while (at < code.length && units.length < mostPathBytes) {
    const flags = next();
    for (let shift = 6; shift >= 0 && at < code.length; shift -= 2) {
      const kind = (flags >> shift) & 3;
      if (kind === 0) units.push(next());
      else if (kind === 1) units.push(next() | high);
      else if (kind === 2) units.push(next() | (next() << 8));
      else appendRun(units, plain, high, next(), next);
    }
  }
  return units;
}

function appendRun(units: number[], plain: Uint8Array, high: number, run: number, next: () => number): void {
  const isCorrected = (run & 0x80) !== 0;
  const correction = isCorrected ? next() : 0;
  const end = Math.min(units.length + (run & 0x7f) + 2, plain.length);
  while (units.length < end) {
    const byte = plain[units.length] as number;
    units.push(isCorrected ? ((byte + correction) & 0xff) | high : byte);
  }
}

import { ArchiveUnsupportedError } from '../../errors/index.js';
import type { Codec } from './codec.js';

/** Largest dictionary that is unpacked with, in bytes: what one decoder may take of memory. */
export const largestDictionaryBytes = 256 * 1024 * 1024;

/** What an LZMA stream is coded with. */
export interface LzmaProperties {
  /** High bits of the last byte that choose the probabilities of a literal: 0 to 8. */
  readonly literalContextBits: number;
  /** Low bits of the position that choose them: 0 to 4. */
  readonly literalPositionBits: number;
  /** Low bits of the position that choose all other probabilities: 0 to 4. */
  readonly positionBits: number;
}

/** The three numbers in one byte, `(pb × 5 + lp) × 9 + lc` (LZMA SDK, "lzma-specification.txt"); `undefined` when it has none. */
export function lzmaProperties(byte: number): LzmaProperties | undefined {
  if (!(byte >= 0 && byte < 9 * 5 * 5)) return undefined;
  const rest = Math.floor(byte / 9);
  return { literalContextBits: byte % 9, literalPositionBits: rest % 5, positionBits: Math.floor(rest / 5) };
}

/**
 * Size of the dictionary of LZMA or LZMA2 in bytes; 0 for methods without one.
 * @throws ArchiveUnsupportedError when the properties are none
 */
export function dictionaryBytes({ method, properties }: Codec): number {
  if (method !== 'lzma' && method !== 'lzma2') return 0;
  const bytes = properties ?? new Uint8Array();
  const size = method === 'lzma' ? lzmaDictionary(bytes) : lzma2Dictionary(bytes);
  if (size !== undefined) return size;
  throw new ArchiveUnsupportedError({
    format: method,
    reason: 'damaged',
    message: `the properties are none of ${method}`,
  });
}

/**
 * Says no to what would not be unpacked, before anybody reads.
 * @param size unpacked size in bytes: a dictionary is never larger
 * @throws ArchiveUnsupportedError `damaged` when the properties are none of the method, `feature` when the dictionary is
 *   larger than {@link largestDictionaryBytes}
 */
export function checkCodec(codec: Codec, size: number): void {
  const bytes = Math.min(dictionaryBytes(codec), size);
  if (bytes <= largestDictionaryBytes) return;
  const message = `a dictionary of ${bytes} bytes is beyond the limit of ${largestDictionaryBytes}`;
  throw new ArchiveUnsupportedError({ format: codec.method, reason: 'feature', message });
}

/** A byte of the three numbers and the size in four. */
function lzmaDictionary(properties: Uint8Array): number | undefined {
  if (properties.length !== 5 || lzmaProperties(properties[0] as number) === undefined) return undefined;
  const size = new DataView(properties.buffer, properties.byteOffset, 5).getUint32(1, true);
  return Math.max(size, 4096);
}

/** One byte: 2 or 3, shifted by half of it and 11 (7-Zip's `Lzma2Dec.c`). */
function lzma2Dictionary(properties: Uint8Array): number | undefined {
  const [code] = properties;
  if (properties.length !== 1 || code === undefined || code > 40) return undefined;
  return code === 40 ? 2 ** 32 - 1 : (2 | (code & 1)) * 2 ** ((code >> 1) + 11);
}

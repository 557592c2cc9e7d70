import { crc32 as zlibCrc32 } from 'node:zlib';
import { decodeEngine } from './engines.js';

/** Below this, entering WebAssembly costs more than it saves. */
const shortBytes = 8192;

/** CRC-32 as yEnc, ZIP and PNG use it, continuing `seed` (the CRC-32 of the bytes before; 0 to begin). */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return bytes.length < shortBytes ? zlibCrc32(bytes, seed) : decodeEngine().crc32(bytes, seed);
}

import { ArchiveUnsupportedError, RangeInvalidError } from '../errors/index.js';
import type { ByteSource } from '../model/byte-source.js';
import type { Lane, RequestOptions } from '../model/common.js';
import type { ArchiveInput } from './archive.js';

/** Bytes one read of headers may ask for: more is an archive that lies about itself. */
const mostBytesAtOnce = 64 * 1024 * 1024;

/**
 * Headers read from any source, one read at a time. Only verified bytes are looked at, for what headers say is kept.
 * @param lane urgency @default 'import'
 */
export function archiveInput(name: string, source: ByteSource, lane: Lane = 'import'): ArchiveInput {
  return { name, size: source.size, read: (start, length, options) => readRange(source, start, length, lane, options) };
}

async function readRange(
  source: ByteSource,
  start: number,
  length: number,
  lane: Lane,
  { signal }: RequestOptions = {},
): Promise<Uint8Array> {
  const { size } = source;
  const isValid = Number.isSafeInteger(start) && Number.isSafeInteger(length) && length >= 0;
  if (!isValid || start < 0 || start > size)
    throw new RangeInvalidError({ range: { start, end: start + length }, size });
  if (length > mostBytesAtOnce) {
    const message = `${length} bytes of headers are beyond the limit of ${mostBytesAtOnce}`;
    throw new ArchiveUnsupportedError({ format: 'archive', reason: 'feature', message });
  }
  const bytes = new Uint8Array(Math.min(length, size - start));
  let filled = 0;
  const range = { start, end: start + bytes.length };
  for await (const lease of source.read(range, { lane, integrity: 'verified', signal })) {
    bytes.set(lease.bytes, filled);
    filled += lease.bytes.length;
    lease.release();
  }
  return bytes;
}

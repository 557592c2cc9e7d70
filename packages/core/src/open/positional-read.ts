import { RangeInvalidError } from '../errors/index.js';
import type { ReadWatch } from '../model/byte-source.js';
import type { Lease } from '../model/bytes.js';
import type { ByteRange } from '../model/common.js';
import { Prefetcher } from '../prefetch/prefetcher.js';
import type { ReadParts } from './file-handle-parts.js';

/** Articles of one positional read that are fetched side by side. */
const sideBySide = 8;
/** How far ahead of what has arrived one positional read fetches, in bytes. */
export const sideBySideBytes = 8 * 1024 * 1024;

/** The range a positional read covers, cut at the end of the file. @throws RangeInvalidError */
export function positionalRange(position: number, length: number, size: number): ByteRange {
  const isValid = Number.isSafeInteger(position) && Number.isSafeInteger(length) && length >= 0;
  if (!isValid || position < 0 || position > size)
    throw new RangeInvalidError({ range: { start: position, end: position + length }, size });
  return { start: position, end: Math.min(size, position + length) };
}

/** Who gets the bytes of a positional read. */
export interface ReadTarget {
  /** Whether it holds on to all it takes until the end. */
  readonly isHolding: boolean;
  /** Gets each lease, in order. */
  take(lease: Lease): void;
  /** What was taken is to be given back and forgotten: the bytes come anew, from the first. */
  restart(): void;
}

/** How a range is read for a positional read. */
export interface PositionalReadOptions {
  readonly integrity: 'progressive' | 'verified';
  readonly signal: AbortSignal;
  /** Told when what the range needs has been asked for: what is asked for from now on comes behind it. */
  readonly asked: () => void;
  readonly target: ReadTarget;
}

/**
 * The bytes of a range in order. Of a range over several articles, the next ones are fetched along with the first.
 * Resolves once all bytes are there, to what is still open then: `verified` rejects if any turned out wrong. With
 * `integrity: 'verified'` nothing is open.
 */
export async function readRange(
  parts: ReadParts,
  range: ByteRange,
  { integrity, signal, asked, target }: PositionalReadOptions,
): Promise<{ readonly verified?: Promise<void> | undefined }> {
  const { reader, source } = parts;
  const window = new Prefetcher({
    ...parts,
    policy: () => ({ aheadBytes: sideBySideBytes, concurrency: sideBySide }),
    range,
    runs: undefined,
    lane: 'playback',
  });
  const watch: ReadWatch = {
    asked: () => {
      window.asked();
      asked();
    },
    begun: () => window.begun(),
  };
  const read = { lane: 'playback', reader, watch, integrity, signal } as const;
  const leases = source.read(range, read)[Symbol.asyncIterator]();
  try {
    for (let position = range.start; position < range.end; ) {
      const next = await leases.next();
      if (next.done) throw new Error(`the source ended at ${position}, before ${range.end}`);
      position += next.value.bytes.length;
      target.take(next.value);
      window.moved(position, 0);
    }
    if (integrity === 'progressive') return { verified: ended(leases) };
    await leases.return?.();
    return {};
  } catch (error) {
    await leases.return?.();
    throw error;
  } finally {
    window.close();
  }
}

/** The end of an iteration that has no more to give. */
async function ended(leases: AsyncIterator<Lease>): Promise<void> {
  const next = await leases.next();
  if (next.done) return;
  next.value.release();
  await leases.return?.();
}

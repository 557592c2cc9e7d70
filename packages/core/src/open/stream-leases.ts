import { checkRange } from '../files/check-range.js';
import type { Lease } from '../model/bytes.js';
import type { ReadOptions } from '../model/catalog.js';
import type { ByteRange } from '../model/common.js';
import { Prefetcher } from '../prefetch/prefetcher.js';
import type { FileHandleParts } from './file-handle-parts.js';
import type { ReadScopes } from './read-scopes.js';

const defaultStallMs = 2000;

/** The bytes of a range in order, with a look-ahead window of its own. Each lease is the receiver's to release. */
export async function* streamLeases(
  parts: FileHandleParts,
  scopes: ReadScopes,
  range: ByteRange,
  options: ReadOptions,
): AsyncGenerator<Lease, void, undefined> {
  const scope = scopes.begin(options.signal);
  parts.reading?.(1);
  const window = new Prefetcher({ ...parts, end: range.end });
  try {
    checkRange(range, parts.source.size);
    const integrity = options.integrity ?? parts.integrity;
    const leases = parts.source.read(range, { lane: 'playback', integrity, signal: scope.signal });
    yield* windowed(parts, window, range.start, leases);
  } finally {
    window.close();
    parts.reading?.(-1);
    scope.end();
  }
}

/** Moves the window along with the reader: it opens with the first byte and grows with what the reader takes. */
async function* windowed(
  parts: FileHandleParts,
  window: Prefetcher,
  start: number,
  leases: AsyncIterable<Lease>,
): AsyncGenerator<Lease, void, undefined> {
  let position = start;
  for await (const lease of timed(parts, window, leases, () => position)) {
    const { length } = lease.bytes;
    window.moved(position, 0);
    yield lease;
    position += length;
    window.moved(position, length);
  }
}

/** Measures how long the reader waits for its next bytes, and reports stalls once they are over. */
async function* timed(
  { clock, events, path, stallMs = defaultStallMs }: FileHandleParts,
  window: Prefetcher,
  leases: AsyncIterable<Lease>,
  position: () => number,
): AsyncGenerator<Lease, void, undefined> {
  let isFirst = true;
  let askedMs = clock.now();
  for await (const lease of leases) {
    const waitedMs = clock.now() - askedMs;
    if (isFirst && waitedMs > 0) window.waited(waitedMs);
    if (waitedMs >= stallMs) events.emit('read:stalled', { path, position: position(), waitedMs });
    isFirst = false;
    yield lease;
    askedMs = clock.now();
  }
}
